// Names of code that a JIT compiler made: it belongs to no file, but many write a list of it.
//
// Source: tools/perf/Documentation/jit-interface.txt: a line is START SIZE NAME, the numbers hexadecimal.

import LinuxSystem

/// What `/tmp/perf-PID.map` says of the code of a process. Addresses are the process's.
package struct PerfMap: Sendable {
    private struct Entry {
        var start: UInt64
        var end: UInt64
        var name: Range<Int>
    }

    private var text: [UInt8]
    private var entries: [Entry] = []
    /// The highest end of this and all lower entries.
    private var reach: [UInt64] = []

    /// A longer file is read to here.
    private static let maximumSize = 64 << 20

    /// Reads the map of a process.
    ///
    /// - Parameters:
    ///   - process: As the process knows itself, in its own PID namespace.
    ///   - owner: The process's user. Anybody can put a file into /tmp: one of another user's, other than root's, is
    ///     refused.
    ///   - rootDirectory: The process's root.
    /// - Returns: `nil` when there is none.
    package init?(process: Int32, owner: UInt32, rootDirectory: FileDescriptor?) {
        let path = "/tmp/perf-\(process).map"
        guard let file = try? FileDescriptor.openRegularFile(path, below: rootDirectory) else { return nil }
        defer { file.close() }
        guard let status = try? file.status(path), status.owner == owner || status.owner == 0,
            let bytes = try? file.readAll(limit: Self.maximumSize)
        else { return nil }
        self.init(bytes)
    }

    init(_ bytes: [UInt8]) {
        text = bytes
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if let entry = Self.entry(bytes, start..<end) { entries.append(entry) }
            start = end + 1
        }
        sort()
    }

    /// The function that an address is in: of several that had the place one after another, the last.
    package func location(of address: UInt64) -> SourceLocation? {
        var index = firstIndex(above: address) - 1
        while index >= 0, reach[index] > address {
            let entry = entries[index]
            if entry.end > address {
                let name = String(decoding: text[entry.name], as: UTF8.self)
                return SourceLocation(function: name, symbol: name, functionAddress: entry.start)
            }
            index -= 1
        }
        return nil
    }

    private mutating func sort() {
        // Stable: what was written later comes after what begins at the same address.
        let order = entries.indices.sorted { (entries[$0].start, $0) < (entries[$1].start, $1) }
        entries = order.map { entries[$0] }
        var highest: UInt64 = 0
        reach = entries.map { entry in
            highest = max(highest, entry.end)
            return highest
        }
    }

    private func firstIndex(above address: UInt64) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func entry(_ bytes: [UInt8], _ line: Range<Int>) -> Entry? {
        var position = line.lowerBound
        guard let start = number(bytes, &position, line.upperBound),
            let size = number(bytes, &position, line.upperBound), size > 0
        else { return nil }
        let (end, overflow) = start.addingReportingOverflow(size)
        guard !overflow, position < line.upperBound else { return nil }
        return Entry(start: start, end: end, name: position..<line.upperBound)
    }

    /// A hexadecimal number, with or without `0x`, and the space after it.
    private static func number(_ bytes: [UInt8], _ position: inout Int, _ end: Int) -> UInt64? {
        guard let space = bytes[position..<end].firstIndex(of: UInt8(ascii: " ")) else { return nil }
        var digits = Substring(String(decoding: bytes[position..<space], as: UTF8.self))
        if digits.hasPrefix("0x") { digits = digits.dropFirst(2) }
        position = space + 1
        return UInt64(digits, radix: 16)
    }
}
