// One line of `sentry-run doctor`.

import SentryProtocol

/// A question about this host or this configuration, and its answer.
struct DoctorCheck {
    enum Verdict: String {
        case ok
        /// Something optional is not there: reports will say less.
        case limited
        /// Something that was asked for, or that everything needs, will not work.
        case failed
    }

    let subject: String
    let verdict: Verdict
    let finding: String
    /// What to try; empty when all is well.
    let advice: String

    init(_ subject: String, _ verdict: Verdict, _ finding: String, try advice: String = "") {
        self.subject = subject
        self.verdict = verdict
        self.finding = finding
        self.advice = advice
    }

    /// `ok  server      answers in 12 ms`.
    var line: String {
        let mark =
            switch verdict {
            case .ok: "ok"
            case .limited: "--"
            case .failed: "!!"
            }
        let padding = String(repeating: " ", count: max(1, 12 - subject.utf8.count))
        return "\(mark)  \(subject)\(padding)\(finding)" + (advice.isEmpty ? "" : "\n                \(advice)")
    }

    var json: JSONValue {
        [
            "check": .string(subject), "result": .string(verdict.rawValue), "finding": .string(finding),
            "advice": advice.isEmpty ? .null : .string(advice),
        ]
    }
}
