import LinuxSystem
import Testing

@Suite struct PacketSocketTests {
    /// The kernel reports the reset before what was sent before it: a reporter that took that for the end would not know
    /// of the job it has to take over.
    @Test func `what was sent before the other end died is received, though that end had not read everything`() throws {
        let (ours, theirs) = try PacketSocket.pair()
        _ = try ours.send([1])
        _ = try ours.send([2])
        _ = try theirs.send([9])
        ours.descriptor.close()
        #expect(try theirs.receive(capacity: 8) == .packet([1]))
        #expect(try theirs.receive(capacity: 8) == .packet([2]))
        #expect(try theirs.receive(capacity: 8) == .end)
        theirs.descriptor.close()
    }
}
