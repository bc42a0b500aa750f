// An exception as it is kept in a run's record and shown by `sentry-run show`.

import CrashReporting
import SentryProtocol

/// What was printed, and what became of it.
struct RecordedException: Sendable {
    static let mostRecorded = 20
    private static let framesKept = 60

    var platform: String
    /// The run failed of it.
    var isCause: Bool
    var count: Int
    var stream: String
    var time: Timestamp
    /// The oldest cause first.
    var chain: [SentryException]
    var eventID: String?
}

extension RecordedException: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { exception in
            exception.field("platform", platform)
            exception.field("cause", isCause)
            exception.field("count", count)
            exception.field("stream", stream)
            exception.field("time_ns", time.nanoseconds)
            exception.field("event_id", eventID)
            exception.field("values", chain.map(Self.bounded))
        }
    }

    private static func bounded(_ exception: SentryException) -> SentryException {
        var exception = exception
        let frames = exception.stackTrace?.frames ?? []
        exception.stackTrace = StackTrace(frames: Array(frames.suffix(framesKept)))
        return exception
    }

    /// Reads what ``write(to:)`` wrote; `nil` for anything else.
    init?(_ json: JSONValue) {
        guard let values = json["values"]?.array, !values.isEmpty else { return nil }
        platform = json["platform"]?.string ?? ""
        isCause = json["cause"]?.bool ?? false
        count = Int(json["count"]?.integer ?? 1)
        stream = json["stream"]?.string ?? ""
        time = Timestamp(nanoseconds: json["time_ns"]?.integer ?? 0)
        eventID = json["event_id"]?.string
        chain = values.map { value in
            SentryException(
                type: value["type"]?.string, value: value["value"]?.string, module: value["module"]?.string,
                mechanism: value["mechanism"]?["source"]?.string.map { Mechanism(type: "", source: $0) },
                stackTrace: value["stacktrace"].flatMap(StackTrace.init))
        }
    }
}

/// An exception for people, the one that was finally raised first.
struct ExceptionText {
    private let exception: RecordedException
    private let paint: (CrashText.Ink, String) -> String
    private static let framesShown = 24

    /// - Parameter paint: as for ``CrashText``.
    init(_ exception: RecordedException, paint: @escaping (CrashText.Ink, String) -> String) {
        self.exception = exception
        self.paint = paint
    }

    /// The cause with its frames; of another one a line.
    var lines: [String] {
        let links = Array(exception.chain.reversed())
        guard let raised = links.first else { return [] }
        let times = exception.count > 1 ? paint(.faint, " (\(exception.count) times)") : ""
        let head = exception.isCause ? "Exception" : "Printed exception"
        let title = [paint(.heading, "\(head): ") + paint(.trouble, Self.title(raised)) + times]
        guard exception.isCause else { return title }
        return title + frames(raised)
            + links.dropFirst().flatMap { link -> [String] in
                let source = link.mechanism?.source.map { " (\($0))" } ?? ""
                return ["  " + paint(.plain, "caused by\(source): ") + paint(.trouble, Self.title(link))] + frames(link)
            }
    }

    private static func title(_ link: SentryException) -> String {
        let text = [link.type, link.value].compactMap { $0 }.joined(separator: ": ")
        return text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
    }

    /// The innermost first.
    private func frames(_ link: SentryException) -> [String] {
        let frames = (link.stackTrace?.frames ?? []).reversed()
        let shown = frames.prefix(Self.framesShown).flatMap(lines)
        let rest = frames.count - Self.framesShown
        return shown + (rest > 0 ? ["    " + paint(.faint, "… and \(rest) more frames")] : [])
    }

    private func lines(_ frame: Frame) -> [String] {
        let name = [frame.module, frame.function].compactMap { $0 }.joined(separator: ".")
        let path = frame.absolutePath ?? frame.filename
        let numbers = [frame.line, frame.column].compactMap { $0.map { ":\($0)" } }.joined()
        let place = path.map { paint(.location, " (\($0)\(numbers))") } ?? ""
        let ink: CrashText.Ink = frame.inApp == false ? .faint : .function
        let head = "    " + paint(ink, name.isEmpty ? "at" : name) + place
        guard frame.inApp != false, let source = frame.contextLine else { return [head] }
        return [head, "      " + paint(.plain, String(source.drop { $0 == " " || $0 == "\t" }))]
    }
}
