import Glibc
import Testing

@testable import LinuxSystem

@Suite struct PerfSamplingTests {
    @Test func `records that are cut short or unknown are passed over`() {
        for kind: UInt32 in 0...20 {
            for size in 0...200 {
                for filling: UInt8 in [0, 1, 0x7F, 0xFF] {
                    var bytes = [UInt8](repeating: filling, count: size)
                    bytes.withUnsafeMutableBytes { raw in
                        if raw.count >= 8 {
                            raw.storeBytes(of: kind, as: UInt32.self)
                            raw.storeBytes(of: UInt16(raw.count), toByteOffset: 6, as: UInt16.self)
                        }
                    }
                    bytes.withUnsafeBytes { _ = PerfSampleRecord($0) }
                }
            }
        }
    }

    @Test func `a sample has registers and as much of the stack as was read`() throws {
        var bytes: [UInt8] = []
        func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        put(UInt32(9))
        put(UInt32(0))
        put(Int32(7))
        put(Int32(8))
        put(Int64(99))
        put(UInt64(2))
        for index in 0..<PerfRegisters.count { put(UInt64(index)) }
        put(UInt64(64))
        bytes += [UInt8](repeating: 5, count: 64)
        put(UInt64(24))
        try bytes.withUnsafeBytes { raw in
            guard case .sample(let sample)? = PerfSampleRecord(raw) else { throw SystemError("parse", code: EINVAL) }
            #expect(sample.process == 7 && sample.thread == 8 && sample.time.nanoseconds == 99)
            #expect(sample.registers.count == PerfRegisters.count * 8)
            #expect(sample.stack.count == 24 && sample.stack.allSatisfy { $0 == 5 })
            var status = [UInt8](repeating: 0, count: RegisterLayout.size)
            status.withUnsafeMutableBytes { PerfRegisters.store(sample.registers, in: $0) }
            #if arch(x86_64)
                #expect(RegisterLayout.stackPointer(of: status) == 7 && RegisterLayout.programCounter(of: status) == 8)
            #endif
        }
    }

    @Test func `a process that is gone is a typed refusal`() {
        #expect(throws: PerfTaskError.self) {
            _ = try PerfSampling(2_000_000_000, PerfSamplingOptions(frequency: 100, startsAtExec: true))
        }
    }
}
