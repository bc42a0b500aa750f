// The files that were mapped into a process, for symbolication by the server (protocol reference 3.6).

/// One ELF file of `debug_meta.images`.
package struct DebugImage: Sendable, Equatable, JSONWritable {
    /// Absolute path of the mapped file, or `[vdso]`.
    package var codeFile: String
    /// The GNU build-id; empty where the file has none.
    package var buildID: [UInt8]
    /// See ``debugID(buildID:)`` and, without a build-id, ``debugID(text:)``.
    package var debugID: String
    package var debugFile: String?
    /// The lowest mapped address, and from there to the end of the last mapping.
    package var address: UInt64
    package var size: UInt64
    /// `p_vaddr` of the first PT_LOAD; 0 for what can be loaded anywhere.
    package var preferredAddress: UInt64
    /// `x86_64`, `arm64`, `x86`, `arm`
    package var architecture: String?

    package init(
        codeFile: String, buildID: [UInt8], debugID: String, debugFile: String? = nil, address: UInt64, size: UInt64,
        preferredAddress: UInt64 = 0, architecture: String? = nil
    ) {
        self.codeFile = codeFile
        self.buildID = buildID
        self.debugID = debugID
        self.debugFile = debugFile
        self.address = address
        self.size = size
        self.preferredAddress = preferredAddress
        self.architecture = architecture
    }

    package func write(to json: inout JSONWriter) {
        json.object { image in
            image.field("type", "elf")
            image.field("code_file", codeFile)
            image.field("code_id", buildID.isEmpty ? nil : hexDigits(buildID))
            image.field("debug_id", debugID)
            image.field("debug_file", debugFile)
            image.field("image_addr", hexAddress(address))
            image.field("image_size", Int(clamping: size))
            if preferredAddress != 0 { image.field("image_vmaddr", hexAddress(preferredAddress)) }
            image.field("arch", architecture)
        }
    }

    /// The GUID that Sentry knows a file by: its build-id's first 16 bytes (zeros where it is shorter), the first three
    /// groups in the other byte order.
    package static func debugID(buildID: [UInt8]) -> String {
        let bytes = Array(buildID.prefix(16)) + [UInt8](repeating: 0, count: max(0, 16 - buildID.count))
        let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
        let digits = Array(hexDigits(order.map { bytes[$0] }).utf8)
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
    }

    /// For a file without a build-id.
    ///
    /// - Parameter text: the first 4096 bytes of its `.text`, or all of them.
    package static func debugID(text: [UInt8]) -> String {
        var lanes = [UInt8](repeating: 0, count: 16)
        for (index, byte) in text.prefix(4096).enumerated() { lanes[index % 16] ^= byte }
        return debugID(buildID: lanes)
    }
}

private func hexDigits(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
