// What the tests of this room ask: words and variables in, a plan or a sentence out.

import Testing

@testable import RunOptions

/// A command line and its environment.
struct Line: CustomTestStringConvertible, Sendable {
    var words: [String]
    var variables: [String: String]

    init(_ words: [String], _ variables: [String: String] = [:]) {
        self.words = words
        self.variables = variables
    }

    var invocation: Invocation { interpret(arguments: words) { variables[$0] } }

    /// The plan of a run; throws where there is none.
    func plan() throws -> RunPlan {
        guard case .run(let plan) = invocation else { throw NoPlan(got: "\(invocation)") }
        return plan
    }

    func usageError() throws -> String {
        guard case .usageError(let sentence) = invocation else { throw NoPlan(got: "\(invocation)") }
        return sentence
    }

    func page() throws -> String {
        guard case .help(let text) = invocation else { throw NoPlan(got: "\(invocation)") }
        return text
    }

    var testDescription: String {
        (variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + words).joined(separator: " ")
    }

    struct NoPlan: Error {
        var got: String
    }
}

/// Options before `-- job`.
func plan(_ words: String..., with variables: [String: String] = [:]) throws -> RunPlan {
    try Line(words + ["--", "job"], variables).plan()
}
