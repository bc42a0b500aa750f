import RunLifecycle
import RunOptions
import SentryProtocol
import Testing

@Suite struct ProfileUseTests {
    private func use(_ change: (inout RunPlan) -> Void, seed: [UInt8] = Array(0..<16)) -> ProfileUse? {
        var plan = RunPlan()
        plan.profile = ProfilePlan()
        plan.tracesSampleRate = 1
        change(&plan)
        let trace = TraceContext.start(
            environment: { _ in nil }, settings: plan.traceSettings, random: Array(1...32))
        return plan.profileUse(seed: seed, trace)
    }

    @Test func `a profile is sent with a sampled transaction`() {
        #expect(use { _ in }?.isSent == true)
        #expect(use { $0.profile = nil } == nil)
    }

    @Test func `without a transaction there is one only where a file is wanted`() {
        #expect(use { $0.tracesSampleRate = 0 } == nil)
        #expect(use { $0.tracesSampleRate = nil } == nil)
        let kept = use {
            $0.tracesSampleRate = 0
            $0.profile?.output = "x.html"
        }
        #expect(kept?.isSent == false)
    }

    @Test func `a profile of its own is never sent`() {
        #expect(use { $0.profile?.isLocal = true }?.isSent == false)
    }

    @Test func `the rate is kept to over many runs`() {
        let sent = (0..<1000).count { number in
            use({ $0.profile?.sampleRate = 0.25 }, seed: [UInt8(number % 256), UInt8(number / 256)]) != nil
        }
        #expect((200...300).contains(sent))
    }
}
