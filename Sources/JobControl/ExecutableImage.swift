// The first bytes of a program file: enough to name the interpreter it wants or the machine it is for.

import LinuxSystem

/// What kind of program file it is. Parsed from untrusted bytes: whatever makes no sense is `other` or `nil`.
package enum ExecutableImage: Sendable, Equatable {
    /// `#!`, and the interpreter's path as far as the first blank.
    case script(interpreter: String)
    case elf(ELFHeader)
    case other

    /// - Returns: `nil` when the file cannot be read.
    package init?(reading path: String) {
        do {
            let file = try FileDescriptor.open(path, OpenFlags.readOnly)
            defer { file.close() }
            self.init(bytes: try file.readAll(limit: 65536))
        } catch {
            return nil
        }
    }

    /// - Parameter bytes: the beginning of the file; 64 KiB hold the interpreter's name of every usual linker's output.
    package init(bytes: [UInt8]) {
        if bytes.starts(with: "#!".utf8) {
            let line = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
            let word = line.drop(while: isBlank).prefix { !isBlank($0) }
            self = .script(interpreter: String(decoding: word, as: UTF8.self))
        } else if let header = ELFHeader(bytes) {
            self = .elf(header)
        } else {
            self = .other
        }
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// What an ELF file says about where it runs. Source: elf(5).
package struct ELFHeader: Sendable, Equatable {
    /// e_machine.
    package var machine: UInt16
    /// PT_INTERP; `nil` for a static program.
    package var interpreter: String?

    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 52, bytes.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")])
        else { return nil }
        let fields = ELFFields(bytes: bytes, isWide: bytes[4] == 2, isBigEndian: bytes[5] == 2)
        guard let machine = fields.half(18) else { return nil }
        self.machine = machine
        interpreter = fields.interpreter()
    }

    /// As uname(2) would say it; `nil` for a machine this table does not know.
    package var machineName: String? { Self.machineNames[machine] }

    private static let machineNames: [UInt16: String] = [
        3: "i686", 8: "mips", 20: "ppc", 21: "ppc64le", 22: "s390x", 40: "armv7l", 62: "x86_64", 183: "aarch64",
        243: "riscv64", 258: "loongarch64",
    ]
}

/// Fields at offsets, in the file's own width and byte order; `nil` beyond the end.
private struct ELFFields {
    let bytes: [UInt8]
    let isWide: Bool
    let isBigEndian: Bool

    func half(_ offset: UInt64) -> UInt16? { integer(offset, 2).map { UInt16($0) } }

    func interpreter() -> String? {
        guard let table = word(isWide ? 32 : 28), let size = half(isWide ? 54 : 42), let count = half(isWide ? 56 : 44)
        else { return nil }
        for index in 0..<UInt64(count) {
            let (entry, overflow) = table.addingReportingOverflow(index * UInt64(size))
            guard !overflow, let type = integer(entry, 4) else { return nil }
            if type == 3 { return text(entry) }
        }
        return nil
    }

    private func text(_ entry: UInt64) -> String? {
        guard let offset = word(entry &+ (isWide ? 8 : 4)), let size = word(entry &+ (isWide ? 32 : 16)),
            offset < bytes.count, size <= UInt64(bytes.count) - offset
        else { return nil }
        return String(decoding: bytes[Int(offset)..<Int(offset + size)].prefix { $0 != 0 }, as: UTF8.self)
    }

    private func word(_ offset: UInt64) -> UInt64? { integer(offset, isWide ? 8 : 4) }

    private func integer(_ offset: UInt64, _ size: Int) -> UInt64? {
        guard offset < UInt64(bytes.count), UInt64(bytes.count) - offset >= UInt64(size) else { return nil }
        let field = bytes[Int(offset)..<Int(offset) + size]
        return (isBigEndian ? Array(field) : field.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
