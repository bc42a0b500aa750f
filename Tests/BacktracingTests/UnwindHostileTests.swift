import Backtracing
import Glibc
import LinuxSystem
import TestFiles
import Testing

/// Whatever a broken process holds, unwinding ends, and soon.
@Suite(.serialized) struct UnwindHostileTests {
    private static func recursion(_ options: String = "-O2") throws -> UnwoundProcess {
        let directory = try TemporaryDirectory()
        let program = try UnwindProgram(directory, options)
        return try UnwoundProcess([program.path, "recurse"])
    }

    @Test func randomRegistersAndStacksEndSoon() throws {
        let process = try UnwindHostileTests.recursion()
        let images = process.images()
        let unwinder = try #require(Unwinder(images: images))
        var random = SeededGenerator(seed: 1)
        let addresses = images.images.flatMap { [$0.range.lowerBound, $0.code[0].lowerBound, $0.range.upperBound] }
        let extremes: [UInt64] = [0, 1, 7, .max, .max - 7, 1 << 63, 0x7FFF_FFFF_F000, 0xF000_0000_0000_0000]
        let begin = MonotonicTime.now
        for _ in 0..<10_000 {
            var registers = process.registers[0]
            let stackStart = random.next() % 4 == 0 ? extremes[Int(random.next() % 8)] : 0x7FFF_0000_0000
            for register in RegisterLayout.names where random.next() % 2 == 0 {
                let choices = [
                    random.next(), extremes[Int(random.next() % 8)], stackStart &+ random.next() % 4096,
                    addresses[Int(random.next() % UInt64(addresses.count))] &+ random.next() % 65536,
                ]
                RegisterLayout.set(choices[Int(random.next() % 4)], at: register.offset, of: &registers)
            }
            let stack = (0..<256).flatMap { _ in
                let word =
                    random.next() % 2 == 0
                    ? addresses[Int(random.next() % UInt64(addresses.count))] &+ random.next() % 200_000
                    : stackStart &+ random.next() % 2048
                return withUnsafeBytes(of: word.littleEndian) { Array($0) }
            }
            registers.withUnsafeBytes { status in
                stack.withUnsafeBytes { bytes in
                    _ = unwinder.walk(registers: status, stack: (stackStart, bytes), limit: 64, scans: true)
                }
            }
            #expect(unwinder.frames.count >= 1 && unwinder.frames.count <= 64)
        }
        #expect(MonotonicTime.now.since(begin) < 120_000_000_000)
    }

    @Test func mutatedHeadersNeverHarm() throws {
        let directory = try TemporaryDirectory()
        let program = try UnwindProgram(directory, "-O2")
        let original = try readSmallFile(program.path, limit: 1 << 24)
        var random = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            var file = original
            let reach = random.next() % 2 == 0 ? 1024 : file.count
            for _ in 0...(random.next() % 8) {
                file[Int(random.next() % UInt64(reach))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 4 == 0 { file.removeLast(Int(random.next() % UInt64(file.count))) }
            let read: ELFLayout.Read = { offset, count in
                offset < UInt64(file.count) ? Array(file[Int(offset)...].prefix(count)) : []
            }
            guard let header = ELFLayout(read) else { continue }
            _ = header.section(".eh_frame", read)
            let bias = header.bias(mapping: 0x5555_5555_4000, fromOffset: 0x1000, isExecutable: true)
            _ = header.range(bias: bias ?? random.next())
            #expect(header.buildID.count <= 64)
        }
    }

    /// The images are files that were damaged after they were mapped: same inode, so they are believed.
    @Test(arguments: ["-O2", "-O2 -static"]) func damagedUnwindInformationNeverHarms(options: String) throws {
        let directory = try TemporaryDirectory()
        let program = try UnwindProgram(directory, options)
        let process = try UnwoundProcess([program.path, "recurse"])
        defer { process.executable.close() }
        let original = try readSmallFile(program.path, limit: 1 << 24)
        let frames = try #require(sections(program.path))
        var random = SeededGenerator(seed: 3)
        let file = try FileDescriptor.open(program.path, O_RDWR)
        defer { file.close() }
        for _ in 0..<(options == "-O2" ? 3000 : 300) {
            let range = frames[Int(random.next() % UInt64(frames.count))]
            var damaged = original
            for _ in 0...(random.next() % 40) {
                damaged[range.lowerBound + Int(random.next() % UInt64(range.count))] =
                    UInt8(truncatingIfNeeded: random.next())
            }
            _ = damaged.withUnsafeBytes { pwrite(file.raw, $0.baseAddress, $0.count, 0) }
            #expect(try process.backtrace().frames.count >= 1)
        }
    }

    private func sections(_ path: String) -> [Range<Int>]? {
        guard let file = try? readSmallFile(path, limit: 1 << 24) else { return nil }
        let read: ELFLayout.Read = { offset, count in
            offset < UInt64(file.count) ? Array(file[Int(offset)...].prefix(count)) : []
        }
        guard let header = ELFLayout(read) else { return nil }
        return [".eh_frame", ".eh_frame_hdr"].compactMap { name in
            header.section(name, read).map { Int($0.offset)..<Int($0.offset + $0.size) }
        }
    }

    @Test func mapsThatMakeNoSenseHaveNoImages() {
        let lines = [
            "", "\n\n", "zz-yy r-xp 0 0:0 0", "2000-1000 r-xp 00000000 00:00 0 /x",
            "ffffffffffffffff-fffffffffffffffe r-xp 0 0:0 1 /x", "0-ffffffffffffffff r-xp 0 0 1",
            "1000-2000 r-xp ffffffffffffffffffff 0:0 1 /x",
        ]
        for line in lines { #expect(ImageMap(maps: line, memory: .empty()).images.isEmpty, "\(line)") }
    }

    /// What a profiler pays. Printed, not judged: tests are not compiled for speed.
    @Test func aWalkWithKeptRowsIsCheap() throws {
        let process = try UnwindHostileTests.recursion()
        let unwinder = try #require(Unwinder(images: process.images()))
        let registers = process.registers[0]
        func walk() { _ = registers.withUnsafeBytes { unwinder.walk(registers: $0, limit: 512, scans: false) } }
        let cold = MonotonicTime.now
        walk()
        let begin = MonotonicTime.now
        for _ in 0..<1000 { walk() }
        let end = MonotonicTime.now
        let frames = Int64(unwinder.frames.count)
        print(
            "unwinding \(frames) frames: first \(begin.since(cold) / 1000) µs, then \(end.since(begin) / 1000) ns,",
            "\(end.since(begin) / 1000 / frames) ns a frame")
        #expect(frames > 23)
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
