import CrashReporting
import SentryProtocol
import Testing

/// A siginfo_t as the kernel writes it: number, errno, code, then the union from byte 16 on.
private func raw(_ signal: Int32, _ code: Int32, _ union: [UInt64] = []) -> [UInt8] {
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    let head = bytes(signal) + bytes(Int32(0)) + bytes(code) + bytes(Int32(0)) + union.flatMap { bytes($0) }
    return head + [UInt8](repeating: 0, count: 128 - head.count)
}

@Suite struct SignalInfoTests {
    @Test(
        arguments: [
            (raw(11, 1, [0x10]), "SEGV_MAPERR", .fault(address: 0x10)),
            (raw(11, 2, [0x7FFF_0000_1000]), "SEGV_ACCERR", .fault(address: 0x7FFF_0000_1000)),
            (raw(11, 0x80, [0]), "SI_KERNEL", .fault(address: 0)),
            (raw(11, 3, [0x50, 0, 0x10, 0x40]), "SEGV_BNDERR", .bounds(address: 0x50, lower: 0x10, upper: 0x40)),
            (raw(11, 4, [0x50, 0, 7]), "SEGV_PKUERR", .protectionKey(address: 0x50, key: 7)),
            (raw(7, 1, [0x1001]), "BUS_ADRALN", .fault(address: 0x1001)),
            (raw(7, 2, [0x2000]), "BUS_ADRERR", .fault(address: 0x2000)),
            (raw(8, 1, [0x401000]), "FPE_INTDIV", .fault(address: 0x401000)),
            (raw(4, 2, [0x401000]), "ILL_ILLOPN", .fault(address: 0x401000)),
            (raw(5, 1, [0x401000]), "TRAP_BRKPT", .fault(address: 0x401000)),
            (raw(11, 0, [1000 << 32 | 812]), "SI_USER", .sent(process: 812, user: 1000)),
            (raw(6, -6, [812]), "SI_TKILL", .sent(process: 812, user: 0)),
            (raw(10, -1, [7 << 32 | 1]), "SI_QUEUE", .sent(process: 1, user: 7)),
            (raw(14, -2, [3]), "SI_TIMER", .none),
            (raw(24, 0x80), "SI_KERNEL", .none),
            (
                raw(31, 1, [0x401000, 0xC000_003E << 32 | 41]), "SYS_SECCOMP",
                .systemCall(instruction: 0x401000, number: 41, architecture: 0xC000_003E)
            ),
            (raw(11, 99, [0x10]), nil, .fault(address: 0x10)),
        ] as [([UInt8], String?, SignalInfo.Detail)])
    func `the kernel's bytes are taken apart`(raw: [UInt8], name: String?, detail: SignalInfo.Detail) throws {
        let info = try #require(SignalInfo(raw))
        #expect(info.codeName == name)
        #expect(info.detail == detail)
        #expect(SignalInfo(try JSONValue(parsing: info.jsonBytes)) == info)
    }

    @Test func `too few bytes are none`() { #expect(SignalInfo([UInt8](repeating: 0, count: 47)) == nil) }

    @Test func `a protection fault has no address`() throws {
        #expect(try #require(SignalInfo(raw(11, 0x80, [0]))).isUnaddressed)
        #expect(try !#require(SignalInfo(raw(11, 1, [0]))).isUnaddressed)
    }
}
