import Testing

@testable import RunOptions

@Test func aBareCommandIsRun() {
    guard case .run(let plan) = interpret(arguments: ["--", "true"], environment: { _ in nil }) else {
        Issue.record("not a run")
        return
    }
    #expect(plan.command == ["true"])
    #expect(plan.commandIndex == 2)
    for words in [["--help"], ["config", "--timeout", "5m"], ["--tmeout=5", "true"], ["monitors", "run", "a", "-h"]] {
        switch interpret(arguments: words, environment: { _ in nil }) {
        case .help(let text), .usageError(let text): print(text)
        default: Issue.record("")
        }
    }
}
