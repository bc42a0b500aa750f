// The other way in which compilers tell of code they made: with the code itself, in binary.
//
// Source: tools/perf/Documentation/jitdump-specification.txt.

import LinuxSystem

extension PerfMap {
    /// Reads the names of a process's `jit-PID.dump`; the code in it is skipped.
    ///
    /// - Parameters:
    ///   - path: As the process mapped it.
    ///   - owner: The process's user; a file of another's, other than root's, is refused.
    ///   - rootDirectory: The process's root.
    /// - Returns: `nil` where there is no such file.
    package init?(jitDump path: String, owner: UInt32, rootDirectory: FileDescriptor?) {
        guard let file = try? FileDescriptor.openRegularFile(path, below: rootDirectory) else { return nil }
        defer { file.close() }
        guard let status = try? file.status(path), status.owner == owner || status.owner == 0,
            let lines = Self.lines(of: file)
        else { return nil }
        self.init(lines)
    }

    /// As a map would have them. `nil` where it is no such file, or one of a machine of another byte order.
    private static func lines(of file: FileDescriptor) -> [UInt8]? {
        let header = bytes(file, 0, 40)
        guard header.integer(0, as: UInt32.self) == 0x4A69_5444, let size = header.integer(8, as: UInt32.self) else {
            return nil
        }
        var lines: [UInt8] = []
        var names: [UInt64: [UInt8]] = [:]
        var position = UInt64(size)
        while lines.count < maximumText {
            let record = bytes(file, position, 56 + maximumName)
            guard let kind = record.integer(0, as: UInt32.self), let total = record.integer(4, as: UInt32.self),
                total >= 16
            else { break }
            if let entry = entry(record, kind, min(Int(total), record.count), &names) { lines += entry }
            position += UInt64(total)
        }
        return lines
    }

    /// JIT_CODE_LOAD and JIT_CODE_MOVE. Both have pid, tid, and a second address, which is nearly always the first again.
    private static func entry(
        _ record: [UInt8], _ kind: UInt32, _ count: Int, _ names: inout [UInt64: [UInt8]]
    ) -> [UInt8]? {
        switch kind {
        case 0:
            guard count > 56, let address = record.integer(32, as: UInt64.self),
                let size = record.integer(40, as: UInt64.self), let index = record.integer(48, as: UInt64.self)
            else { return nil }
            let name = record[56..<count].prefix { $0 != 0 && $0 != UInt8(ascii: "\n") }
            if names.count < maximumNames { names[index] = Array(name) }
            return line(address, size, Array(name))
        case 1:
            guard count >= 64, let address = record.integer(40, as: UInt64.self),
                let size = record.integer(48, as: UInt64.self), let index = record.integer(56, as: UInt64.self),
                let name = names[index]
            else { return nil }
            return line(address, size, name)
        default: return nil
        }
    }

    private static func line(_ address: UInt64, _ size: UInt64, _ name: [UInt8]) -> [UInt8] {
        Array("\(String(address, radix: 16)) \(String(size, radix: 16)) ".utf8) + name + [UInt8(ascii: "\n")]
    }

    private static func bytes(_ file: FileDescriptor, _ offset: UInt64, _ count: Int) -> [UInt8] {
        (try? file.read(at: offset, count: count)) ?? []
    }

    private static let maximumName = 512
    private static let maximumNames = 1 << 20
    private static let maximumText = 64 << 20
}
