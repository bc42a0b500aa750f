import Glibc
import LinuxSystem
import TestFiles
import Testing

@testable import Backtracing

@Suite struct JitDumpTests {
    private static func put(_ value: some FixedWidthInteger, in bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    private static let header: [UInt8] = {
        var bytes: [UInt8] = []
        for word: UInt32 in [0x4A69_5444, 1, 40, 62, 0, 7] { put(word, in: &bytes) }
        return bytes + [UInt8](repeating: 0, count: 16)
    }()

    private static func record(_ kind: UInt32, _ words: [UInt64], _ rest: [UInt8] = []) -> [UInt8] {
        var bytes: [UInt8] = []
        put(kind, in: &bytes)
        put(UInt32(24 + words.count * 8 + rest.count), in: &bytes)
        put(UInt64(0), in: &bytes)
        put(UInt64(7), in: &bytes)
        for word in words { put(word, in: &bytes) }
        return bytes + rest
    }

    private func map(_ bytes: [UInt8]) throws -> PerfMap? {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/jit-7.dump"
        let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT)
        defer { file.close() }
        try file.writeAll(bytes)
        return PerfMap(jitDump: path, owner: geteuid(), rootDirectory: nil)
    }

    @Test func `code has the name that it was written with, also where it was moved to`() throws {
        let code = [UInt8](repeating: 0x90, count: 5000)
        let bytes =
            Self.header + Self.record(0, [0x1000, 0x1000, 0x200, 1], Array("first\0".utf8) + code)
            + Self.record(2, [1, 2, 3]) + Self.record(0, [0x2000, 0x2000, 0x100, 2], Array("second\0".utf8) + code)
            + Self.record(1, [0x1000, 0x1000, 0x9000, 0x200, 1])
        let map = try #require(try map(bytes))
        #expect(map.location(of: 0x11FF)?.function == "first")
        #expect(map.location(of: 0x2000)?.function == "second")
        #expect(map.location(of: 0x9100)?.function == "first")
        #expect(map.location(of: 0x3000) == nil)
    }

    @Test func `a file that is cut short, or is none, harms nothing`() throws {
        let bytes = Self.header + Self.record(0, [0x1000, 0x1000, 0x200, 1], Array("first\0".utf8))
        for count in 0..<bytes.count { _ = try map(Array(bytes[..<count])) }
        #expect(try map(Array("not a dump, but long enough to be taken for one".utf8)) == nil)
        for filling: UInt8 in [0, 0xFF] {
            _ = try map(Self.header + [UInt8](repeating: filling, count: 500))
        }
    }
}
