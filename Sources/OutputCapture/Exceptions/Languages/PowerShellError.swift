// PowerShell's errors, in the view of version 7 and in the older one.
//
//     Exception: /srv/deploy.ps1:12                        boom
//     Line |                                               At /srv/deploy.ps1:12 char:5
//       12 |      throw "boom"                              +     throw "boom"
//          |      ~~~~~~~~~~~~                              +     ~~~~~~~~~~~~
//          | boom                                               + CategoryInfo          : OperationStopped: …
//                                                              + FullyQualifiedErrorId : boom
//
// Source: PowerShellCore_format_ps1xml.cs (ConciseView, NormalView).

import SentryProtocol

struct PowerShellError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("Line |"), .anywhere("+ CategoryInfo ")]

    /// ConciseView.
    private let isConcise: Bool
    private var type: String
    private var message: [Substring]
    private let frame: Frame
    private var source: Substring?
    private var isWhole = false

    private static let maximumLines = 40

    init?(_ opening: inout ExceptionOpening) {
        isConcise = opening.text.begins(with: "Line |")
        if isConcise {
            // The command that failed, or the exception's type, and the place.
            guard let (name, place) = opening.previous(1)?.parts(around: ": "), let found = place.trimmed.place,
                Self.isScript(found.file)
            else { return nil }
            type = String(name.trimmed)
            frame = Frame(function: nil, path: found.file, line: found.line)
            message = []
            return
        }
        guard let (message, frame, source) = Self.normal(opening),
            let (_, category) = opening.text.parts(around: ": ")
        else { return nil }
        self.message = message
        self.frame = frame
        self.source = source
        type = String(category.parts(aroundLast: "], ")?.after ?? "RuntimeException")
        opening.begin(at: 0)
    }

    private static func isScript(_ path: Substring) -> Bool { path.ends(in: ".ps1") || path.ends(in: ".psm1") }

    /// From `At FILE:LINE char:N` back to the message's first line, which is a blank one's successor.
    private static func normal(_ opening: ExceptionOpening) -> ([Substring], Frame, Substring?)? {
        var message: [Substring] = []
        var place: Frame?
        var source: Substring?
        for distance in 1...RecentLines.capacity {
            guard let line = opening.previous(distance), !line.isBlank else { break }
            if place != nil {
                message.insert(line, at: 0)
            } else if let (path, number) = line.cutting(prefix: "At ")?.parts(around: " char:"), let found = path.place
            {
                place = Frame(function: nil, path: found.file, line: found.line, column: number.trimmed.position)
            } else if let text = line.cutting(prefix: "+ "), !text.trimmed.utf8.allSatisfy({ $0 == UInt8(ascii: "~") })
            {
                source = text
            }
        }
        return place.flatMap { message.isEmpty ? nil : (message, $0, source) }
    }

    var isCertain: Bool { isConcise ? !message.isEmpty : isWhole }

    mutating func take(_ line: Substring) -> ExceptionStep {
        guard message.count < Self.maximumLines else { return .over }
        return isConcise ? take(concise: line) : take(normal: line)
    }

    /// `  12 |  throw "boom"`, `     |  ~~~~`, `     | boom`
    private mutating func take(concise line: Substring) -> ExceptionStep {
        guard let (number, text) = line.parts(around: "|"), number.isBlank || number.trimmed.wholeNumber != nil else {
            return isCertain ? .over : .nothing
        }
        if !number.isBlank {
            source = text
        } else if !text.trimmed.utf8.allSatisfy({ $0 == UInt8(ascii: "~") }) {
            message.append(text.trimmed)
        }
        return .taken
    }

    private mutating func take(normal line: Substring) -> ExceptionStep {
        if isWhole { return .over }
        guard line.trimmed.begins(with: "+ FullyQualifiedErrorId") else { return .nothing }
        isWhole = true
        return .complete
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        var frame = frame
        frame.contextLine = source.map(String.init)
        let value = message.map(String.init).joined(separator: isConcise ? " " : "\n")
        return RecognisedException(
            platform: "other", raised: RaisedException(type: type, value: value, frames: [frame]))
    }
}
