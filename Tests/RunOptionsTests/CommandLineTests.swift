import Testing

@testable import RunOptions

@Test func aBareCommandIsRun() {
    guard case .run(let plan) = interpret(arguments: ["--", "true"], environment: { _ in nil }) else {
        Issue.record("not a run")
        return
    }
    #expect(plan.command == ["true"])
    #expect(plan.commandIndex == 2)
}
