// Exceptions that the job's output tells of, as evidence: which of them the run failed of.

/// What a verdict needs to know of an exception that was printed.
package struct ReportedException: Sendable, Equatable {
    /// `KeyError: 'port'`
    package var title: String
    package var fate: Fate
    /// Lines of the same stream that came after it.
    package var linesAfter: Int

    /// What the text says of the program.
    package enum Fate: Sendable {
        /// Only a runtime that gives up prints this.
        case ended
        /// It ended, or it goes on after logging this.
        case unknown
        case wentOn
    }

    package init(title: String, fate: Fate, linesAfter: Int) {
        self.title = title
        self.fate = fate
        self.linesAfter = linesAfter
    }
}

extension Evidence {
    /// What an exception that ended a program may be followed by: what a script does and says before it gives up, too.
    private static let linesAfterEnd = 400
    /// A program that goes on says more; a shell or a build tool says that something failed.
    private static let linesAfterLog = 20

    /// The exception that the run failed of: the last one that may have ended it.
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
        return exceptions.lastIndex { exception in
            switch exception.fate {
            case .ended: exception.linesAfter <= Self.linesAfterEnd
            case .unknown: !isCrash && exception.linesAfter <= Self.linesAfterLog
            case .wentOn: false
            }
        }
    }
}
