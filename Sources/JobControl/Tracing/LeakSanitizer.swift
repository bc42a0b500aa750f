// Programs that check themselves for leaks: LeakSanitizer attaches to its own process to stop the threads, and fails the
// program where somebody else traces it.

import LinuxSystem

/// Recognises a program that was built with LeakSanitizer, or with AddressSanitizer, which holds it. Source: elf(5); the
/// runtimes' names are those of gcc and of clang.
enum LeakSanitizer {
    /// Reads a piece of the program's file; shorter where the file ends.
    typealias Reader = (_ offset: UInt64, _ count: Int) -> [UInt8]

    /// Reads `/proc/PID/exe`, and what is preloaded where something may be. `false` where neither can be read.
    static func isIn(process: Int32, mayBePreloaded: Bool) -> Bool {
        if mayBePreloaded, isPreloaded(in: process) { return true }
        do throws(SystemError) {
            let file = try FileDescriptor.openWithoutWaiting(processFile(process, "exe"))
            defer { file.close() }
            return isIn { offset, count in
                do throws(SystemError) { return try file.read(at: offset, count: count) } catch { return [] }
            }
        } catch { return false }
    }

    /// Whether the program needs a runtime (gcc), or exports the symbols of one that is linked into it (clang).
    static func isIn(_ read: Reader) -> Bool {
        guard let names = dynamicNames(read) else { return false }
        return names.withUnsafeBytes { names in signs.contains { firstOffset(of: $0, in: names) != nil } }
    }

    private static let signs = libraries + ["__lsan_", "__asan_init"]
    private static let libraries: [StaticString] = [
        "libasan.so", "liblsan.so", "libhwasan.so", "libclang_rt.asan", "libclang_rt.lsan",
    ]

    private static func isPreloaded(in process: Int32) -> Bool {
        do throws(SystemError) {
            let environment = try readSmallFile(processFile(process, "environ"), limit: 256 << 10)
            return environment.withUnsafeBytes { bytes in
                firstOffset(of: "LD_PRELOAD=", in: bytes) != nil
                    && libraries.contains { firstOffset(of: $0, in: bytes) != nil }
            }
        } catch { return false }
    }

    // MARK: The file

    /// The string table of its dynamic section, at most ``mostNames`` of it; `nil` for anything but a 64-bit dynamic program.
    private static func dynamicNames(_ read: Reader) -> [UInt8]? {
        let header = read(0, 64)
        guard header.count == 64, header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return nil }
        let count = Int(header.word(at: 56, as: UInt16.self))
        let table = read(header.word(at: 32, as: UInt64.self), count * 56)
        let segments = stride(from: 0, to: table.count - table.count % 56, by: 56).map { Segment(table, at: $0) }
        guard let dynamic = segments.first(where: { $0.kind == 2 }) else { return nil }
        let entries = read(dynamic.offset, min(Int(clamping: dynamic.size), 16 << 10))
        var address: UInt64?
        var size: UInt64 = 0
        for entry in stride(from: 0, to: entries.count - entries.count % 16, by: 16) {
            switch entries.word(at: entry, as: UInt64.self) {
            case 5: address = entries.word(at: entry + 8, as: UInt64.self)
            case 10: size = entries.word(at: entry + 8, as: UInt64.self)
            default: break
            }
        }
        guard let address, let home = segments.first(where: { $0.kind == 1 && $0.holds(address) }) else { return nil }
        return read(home.offset &+ (address - home.address), min(Int(clamping: size), mostNames))
    }

    /// Of a program that exports more, the rest is not looked at.
    private static let mostNames = 256 << 10

    private struct Segment {
        var kind: UInt32
        var offset: UInt64
        var address: UInt64
        var size: UInt64

        init(_ table: [UInt8], at start: Int) {
            kind = table.word(at: start, as: UInt32.self)
            offset = table.word(at: start + 8, as: UInt64.self)
            address = table.word(at: start + 16, as: UInt64.self)
            size = table.word(at: start + 32, as: UInt64.self)
        }

        func holds(_ wanted: UInt64) -> Bool { wanted >= address && wanted - address < size }
    }
}

extension [UInt8] {
    /// The little-endian integer at an offset; 0 where there are no such bytes.
    fileprivate func word<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return 0 }
        return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}
