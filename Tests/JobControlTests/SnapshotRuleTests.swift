import LinuxSystem
import Testing

@testable import JobControl

@Suite struct SnapshotRuleTests {
    private static let map = MemoryMap(
        Array(
            """
            400000-401000 r--p 00000000 fe:01 1835072                    /usr/bin/a name
            401000-402000 r-xp 00001000 fe:01 1835072                    /usr/bin/a name
            not a mapping at all
            7f0000000000-7f0000001000 ---p 00000000 00:00 0
            7f0000001000-7f0000801000 rw-p 00000000 00:00 0
            7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0              [stack]
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0      [vsyscall]

            """.utf8))

    @Test func `maps are taken apart`() {
        let map = Self.map
        #expect(map.regions.count == 6)
        #expect(map.name(of: map.regions[1]) == "/usr/bin/a name")
        #expect(map.regions[1].offset == 0x1000 && map.regions[1].inode == 1_835_072)
        #expect(map.regions[1].isExecutable && !map.regions[1].isWritable && map.regions[1].isReadable)
        #expect(map.name(of: map.regions[2]) == "")
        #expect(map.name(of: map.regions[4]) == "[stack]")
        #expect(map.regions[5].end == 0xFFFF_FFFF_FF60_1000)
    }

    @Test func `hostile maps do no harm`() {
        for text in [
            "", "\n\n", "-", "5-4 r", "fffffffffffffffff-1 r", "1-2 rwxp 0 0:0", "1-2",
            "1-2 rwxp 0 0:0 99999999999999999999 a",
        ] {
            #expect(MemoryMap(Array(text.utf8)).regions.isEmpty)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var pointer: UInt64
        var limits = StackLimits.crashed
        var expected: [Range<UInt64>]
    }

    @Test(arguments: [
        Case(
            testDescription: "in the stack: from below the red zone to the end", pointer: 0x7ffc_0002_0000,
            expected: [0x7ffc_0001_FF00..<0x7ffc_0002_1000]),
        Case(
            testDescription: "at its very start: not below the mapping", pointer: 0x7ffc_0000_0010,
            expected: [0x7ffc_0000_0000..<0x7ffc_0002_1000]),
        Case(
            testDescription: "deep: the head and the tail", pointer: 0x7f00_0000_1000,
            expected: [0x7f00_0000_1000..<0x7f00_0010_1000, 0x7f00_007F_1000..<0x7f00_0080_1000]),
        Case(
            testDescription: "deep, another thread: the head", pointer: 0x7f00_0000_1000, limits: .other,
            expected: [0x7f00_0000_1000..<0x7f00_0001_1000]),
        Case(
            testDescription: "in the guard: the mapping above", pointer: 0x7f00_0000_0800, limits: .other,
            expected: [0x7f00_0000_1000..<0x7f00_0001_1000]),
        Case(
            testDescription: "ran out, a large frame below", pointer: 0x7ffb_ffff_0000,
            expected: [0x7ffc_0000_0000..<0x7ffc_0002_1000]),
        Case(testDescription: "far from everything", pointer: 0x7e00_0000_0000, expected: []),
        Case(testDescription: "null", pointer: 0, expected: []),
        Case(testDescription: "below the program, which is no stack", pointer: 0x3ff000, expected: []),
        Case(testDescription: "above all", pointer: .max, expected: []),
        Case(testDescription: "in what cannot be read", pointer: 0xFFFF_FFFF_FF60_0800, expected: []),
    ])
    func `the part of a stack that is taken`(_ example: Case) {
        #expect(Self.map.stackRanges(at: example.pointer, limits: example.limits) == example.expected)
    }

    @Test func `only a frame that names the stack it lies on has left another one`() {
        let layout = RegisterLayout.SignalFrame.self
        var stack = [UInt8](repeating: 0, count: 4096)
        let address: UInt64 = 0x10_0000
        func put(_ value: UInt64, _ offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { stack.replaceSubrange(offset..<offset + 8, with: $0) }
        }
        func found() -> [UInt64] {
            stack.withUnsafeBytes { AlternateStack.interruptedStackPointers(in: $0, at: address) }
        }
        #expect(found() == [])
        put(0x0F_F000, 512 + layout.alternateStackOffset)
        put(0x1_0000, 512 + layout.alternateStackOffset + 16)
        put(0x7ffc_0000_0100, 512 + layout.stackPointerOffset)
        #expect(found() == [0x7ffc_0000_0100])
        put(0x20_0000, 512 + layout.alternateStackOffset)
        #expect(found() == [])
        #expect(stack[..<8].withUnsafeBytes { AlternateStack.interruptedStackPointers(in: $0, at: 3) } == [])
    }

    @Test(
        arguments: [
            (nil, nil, 32 << 20, false), (1 << 30, nil, 32 << 20, false), (16 << 20, nil, 4 << 20, true),
            (0, nil, 512 << 10, true), (nil, 1 << 20, 960 << 10, true), (nil, 0, 0, true),
            (nil, 1 << 40, 32 << 20, false),
        ] as [(UInt64?, UInt64?, Int, Bool)])
    func `little room makes a small snapshot, and is said`(
        freeMemory: UInt64?, fileLimit: UInt64?, total: Int, isNoted: Bool
    ) {
        let budget = SnapshotBudget.decide(freeMemory: freeMemory, fileLimit: fileLimit)
        #expect(budget.total == total)
        #expect((budget.note != nil) == isNoted)
    }

    @Test func `only another process is a sender`() {
        func info(_ code: Int32, _ sender: Int32) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 128)
            withUnsafeBytes(of: code.littleEndian) { bytes.replaceSubrange(8..<12, with: $0) }
            withUnsafeBytes(of: sender.littleEndian) { bytes.replaceSubrange(16..<20, with: $0) }
            return bytes
        }
        let own = ProcessIdentity.process
        for code: Int32 in [0, -1, -6] {
            #expect(SignalSender(info(code, 77), to: own)?.process == 77)
            #expect(SignalSender(info(code, own), to: own) == nil)
            #expect(SignalSender(info(code, 0), to: own) == nil)
        }
        for code: Int32 in [1, 128, -2] { #expect(SignalSender(info(code, 77), to: own) == nil) }
        #expect(SignalSender([], to: own) == nil)
    }
}
