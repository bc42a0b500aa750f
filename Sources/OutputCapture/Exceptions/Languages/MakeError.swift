// make's errors. Those of makes that were started by makes become one, with a frame for each.
//
//     make[1]: *** [Makefile:4: step] Error 3
//     make[1]: Leaving directory '/srv/sub'
//     make: *** [Makefile:2: all] Error 2
//
// Source: src/job.c (child_error) and src/output.c (fatal) of GNU make.

import SentryProtocol

struct MakeError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere(": *** ["), .anywhere(".  Stop.")]

    private let value: String
    /// Only says that what make ran has failed.
    private let isEcho: Bool
    private var frames = FrameList()
    /// How deep the make is that spoke last; 0 is the outermost.
    private var level: Int

    init?(_ opening: inout ExceptionOpening) {
        guard let (name, text) = opening.line.parts(around: ": *** ") else { return nil }
        let word = name.parts(aroundLast: " ")?.after ?? name
        opening.begin(at: name.utf8.count - word.utf8.count)
        if let level = Self.level(word) {
            self.level = level
            if let failure = Self.failure(text) {
                value = "\(failure.target): \(failure.reason)"
                isEcho = true
                frames.append(failure.frame)
            } else {
                guard let reason = text.trimmed.cutting(suffix: ".  Stop.") else { return nil }
                value = String(reason)
                isEcho = false
            }
            return
        }
        // `Makefile:2: *** missing separator.  Stop.`
        guard let reason = text.trimmed.cutting(suffix: ".  Stop."), let place = word.place, place.column == nil else {
            return nil
        }
        level = 0
        value = String(reason)
        isEcho = false
        frames.append(Frame(function: nil, path: place.file, line: place.line))
    }

    /// `make`, `gmake[2]`
    private static func level(_ word: Substring) -> Int? {
        let (name, rest) = word.parts(around: "[") ?? (word, "0]")
        guard name.fileName.ends(in: "make") else { return nil }
        return rest.cutting(suffix: "]")?.wholeNumber
    }

    /// `[Makefile:3: all] Error 2`; before 4.0 `[all] Error 2`.
    private static func failure(_ text: Substring) -> (target: Substring, reason: Substring, frame: Frame)? {
        guard let (inner, reason) = text.cutting(prefix: "[")?.parts(aroundLast: "] "), !reason.includes("(ignored)")
        else {
            return nil
        }
        guard let (place, target) = inner.parts(around: ": "), let found = place.place else {
            return (inner, reason.trimmed, Frame(function: String(inner), inApp: true))
        }
        return (target, reason.trimmed, Frame(function: target, path: found.file, line: found.line))
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        guard level > 0 else { return .over }
        guard let (name, text) = line.parts(around: ": "), let outer = Self.level(name), outer <= level else {
            return .foreign
        }
        if outer == level {
            guard let path = text.enclosed(by: "Leaving directory '", "'") else { return .taken }
            frames.changeLast { frame in
                guard let file = frame.filename, frame.absolutePath == nil else { return }
                frame.absolutePath = "\(path)/\(file)"
            }
            return .taken
        }
        guard let failure = text.cutting(prefix: "*** ").flatMap({ Self.failure($0) }) else { return .taken }
        level = outer
        frames.append(failure.frame)
        return outer == 0 ? .complete : .taken
    }

    func finish() -> RecognisedException? {
        var exception = RecognisedException(
            platform: "other", raised: RaisedException(type: "MakeError", value: value, frames: frames.oldestFirst))
        exception.rank = isEcho ? .echo : .complaint
        return exception
    }
}
