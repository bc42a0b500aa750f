import LinuxSystem
import Testing

@Suite struct WaitStatusTests {
    @Test(
        arguments: [
            (0x0000, WaitStatus.exited(code: 0)), (0x0300, .exited(code: 3)), (0xff00, .exited(code: 255)),
            (0x0009, .killed(by: .kill, dumpedCore: false)), (0x0086, .killed(by: Signal(6), dumpedCore: true)),
            (0x0040, .killed(by: Signal(64), dumpedCore: false)), (0x137f, .stopped(by: .stop)), (0xffff, .continued),
        ] as [(Int32, WaitStatus)])
    func theStatusWordIsTakenApart(raw: Int32, status: WaitStatus) {
        #expect(WaitStatus(raw: raw) == status)
    }
}
