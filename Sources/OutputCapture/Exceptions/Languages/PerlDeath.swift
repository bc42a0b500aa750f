// Perl: die, Carp's croak and confess. A warning looks the same; what tells is that a program's last words are the last.
//
//     cannot load /etc/app.conf at /srv/app/main.pl line 6, <STDIN> line 2.
//     	Loader::load("Loader", "/etc/app.conf") called at /srv/app/main.pl line 9

import SentryProtocol

struct PerlDeath: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere(".pl line "), .anywhere(".pm line "), .anywhere(".t line "), .anywhere("-e line "),
        .anywhere(".cgi line "), .anywhere(".psgi line "), .anywhere(") line "), .anywhere(" called at "),
    ]

    private let message: Substring
    private var frames = FrameList()
    /// Where the innermost call stands.
    private var place: (file: Substring, line: Int)
    private var calls = 0
    /// Lines that came after it.
    private var others = 0

    /// What may follow a program's last words: `END failed--call queue aborted.`, a shell's own complaint.
    private static let mostOthers = 2
    private static let mostCalls = 1000

    init?(_ opening: inout ExceptionOpening) {
        opening.begin(at: 0)
        // Only a script's name shows that it is Perl, or the stack below.
        let isStack = opening.line.utf8.first == 0x09
        let line = isStack ? opening.previous(1) ?? "" : opening.line[...]
        guard let (message, file, number) = Self.complaint(line) else { return nil }
        self.message = message
        place = (file, number)
        if isStack, take(opening.text) != .taken { return nil }
    }

    var isCertain: Bool { calls > 0 }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if let call = line.cutting(prefix: "\t"), others == 0, let (text, rest) = call.parts(aroundLast: " called at "),
            let (file, number) = Self.place(rest)
        {
            add(text, file, number)
            return .taken
        }
        if calls > 0 { return .over }
        if line.isBlank { return .taken }
        others += 1
        return others > Self.mostOthers || Self.complaint(line) != nil ? .nothing : .foreign
    }

    func finish() -> RecognisedException? {
        var all = frames
        all.append(Frame(function: nil, path: place.file, line: place.line))
        var (type, value) = ("die", message)
        // An object that is no string: `Shop::Error=HASH(0x55d0c8a3e2a0)`.
        if let (name, rest) = message.parts(around: "="), name.isName(separators: ":"), rest.begins(with: "HASH(0x") {
            type = String(name)
            value = message
        }
        let raised = RaisedException(type: type, value: String(value), frames: all.oldestFirst)
        return RecognisedException(platform: "perl", raised: raised)
    }

    /// A call's place is that in the caller.
    private mutating func add(_ call: Substring, _ file: Substring, _ line: Int) {
        calls += 1
        guard calls <= Self.mostCalls else { return }
        let name = call.parts(around: "(")?.before ?? call
        frames.append(Frame(function: name, path: place.file, line: place.line))
        place = (file, line)
    }

    /// `message at FILE line 12.`, `… line 12, <STDIN> line 3.`, `… line 12, near "x"`.
    private static func complaint(_ line: Substring) -> (message: Substring, file: Substring, line: Int)? {
        guard let (message, rest) = line.parts(aroundLast: " at "), !message.isEmpty, line.ends(in: "."),
            let (file, number) = place(rest), !file.includes(" ") || file.begins(with: "(eval "), isScript(file)
        else { return nil }
        return (message, file, number)
    }

    private static func place(_ text: Substring) -> (file: Substring, line: Int)? {
        guard let (file, rest) = text.parts(around: " line ") else { return nil }
        let digits = rest.utf8.prefix(while: \.isDigit)
        guard let number = rest[..<digits.endIndex].position else { return nil }
        let tail = rest[digits.endIndex...]
        guard
            tail == "." || tail.isEmpty || tail.begins(with: ", <") || tail.begins(with: ", near ")
                || tail.begins(with: ", at ")
        else { return nil }
        return (file, number)
    }

    private static func isScript(_ file: Substring) -> Bool {
        let name = file.fileName
        guard let (_, ending) = name.parts(aroundLast: ".") else {
            return file.begins(with: "/") || file == "-e" || file.begins(with: "(eval ")
        }
        return ["pl", "pm", "t", "cgi", "psgi", "PL", "al"].contains(ending)
    }
}
