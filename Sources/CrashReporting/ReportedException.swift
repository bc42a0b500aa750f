// Exceptions that the job's output tells of, as evidence: which of them the run failed of.

/// What a verdict needs to know of an exception that was printed.
package struct ReportedException: Sendable, Equatable {
    /// `KeyError: 'port'`
    package var title: String
    package var fate: Fate
    /// Lines of the same stream that came after it.
    package var linesAfter: Int
    /// How much it says of the failure: 0 only that another program failed, 1 what a shell or a tool could not do, 2 what a
    /// language's runtime says.
    package var rank: Int

    /// What the text says of the program.
    package enum Fate: Sendable {
        /// Only a runtime that gives up prints this.
        case ended
        /// It ended, or it goes on after logging this.
        case unknown
        case wentOn
    }

    package init(title: String, fate: Fate, linesAfter: Int, rank: Int = 2) {
        self.title = title
        self.fate = fate
        self.linesAfter = linesAfter
        self.rank = rank
    }
}

extension Evidence {
    /// What an exception that ended a program may be followed by: what a script does and says before it gives up, too.
    private static let linesAfterEnd = 400
    /// A program that goes on says more; a shell or a build tool says that something failed.
    private static let linesAfterLog = 20
    /// Between what a program said and what the shell or the build tool that ran it says of that.
    private static let linesBeforeEcho = 60

    /// The exception that the run failed of: the last one that may have ended it, or what that one only echoes.
    ///
    /// A signal from elsewhere, a limit or a timeout is its own reason, whatever was printed before.
    func cause(of kind: Verdict.Kind) -> Int? {
        let isCrash: Bool
        switch kind {
        case .failedExit: isCrash = false
        case .crashed: isCrash = true
        default: return nil
        }
        if loaderError != nil { return nil }
        let last = exceptions.lastIndex { exception in
            switch exception.fate {
            case .ended: exception.linesAfter <= Self.linesAfterEnd
            case .unknown: !isCrash && exception.linesAfter <= Self.linesAfterLog
            case .wentOn: false
            }
        }
        return last.map { reason(behind: $0) }
    }

    /// Shells and build tools say last that something failed: what they ran said why, shortly before.
    private func reason(behind last: Int) -> Int {
        var best = last
        for index in exceptions[..<last].indices.reversed() where exceptions[index].rank > exceptions[best].rank {
            let distance = exceptions[index].linesAfter - exceptions[last].linesAfter
            if exceptions[index].fate != .wentOn, distance <= Self.linesBeforeEcho { best = index }
        }
        return best
    }
}
