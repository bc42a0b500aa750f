// What valgrind's memcheck finds. Each of its lines begins with the process: those of others in between are theirs.
//
//     ==42== Invalid read of size 4
//     ==42==    at 0x1091C8: identity (memory.c:19)
//     ==42==    by 0x109341: main (memory.c:34)
//     ==42==  Address 0x4a40040 is 0 bytes inside a block of size 8 free'd
//     ==42==    at 0x484417B: free (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
//
// Source: memcheck/mc_errors.c, coregrind/m_signals.c; the kinds are those of its XML.

import SentryProtocol

struct ValgrindReport: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere("Invalid read of size "), .anywhere("Invalid write of size "), .anywhere("Invalid free() / "),
        .anywhere("Conditional jump or move depends "), .anywhere("of uninitialised value"), .anywhere("points to un"),
        .anywhere("Mismatched free() / "), .anywhere("ly lost in loss record"),
        .anywhere("terminating with default action"), .anywhere("Jump to the invalid address"),
        .anywhere("destination overlap in "),
    ]

    private static let kinds = [
        ("Invalid read of size ", "InvalidRead"), ("Invalid write of size ", "InvalidWrite"),
        ("Invalid free() / ", "InvalidFree"), ("Conditional jump or move depends ", "UninitCondition"),
        ("Use of uninitialised value ", "UninitValue"), ("Syscall param ", "SyscallParam"),
        ("Mismatched free() / ", "MismatchedFree"), ("Jump to the invalid address", "InvalidJump"),
        ("Source and destination overlap in ", "Overlap"), ("Process terminating with default action", "FatalSignal"),
    ]

    /// `==42== `
    private let gutter: Substring
    private let kind: String
    private var value: String
    private var stacks = [FrameList()]
    private var titles = [""]

    private static let maximumStacks = 8

    init?(_ opening: inout ExceptionOpening) {
        guard let (gutter, text, start) = Self.split(opening.line, before: opening.marker),
            let kind = Self.kinds.first(where: { text.begins(with: $0.0) })?.1
                ?? (text.includes(" are definitely lost") ? "Leak_DefinitelyLost" : nil)
        else { return nil }
        self.gutter = gutter
        self.kind = kind
        value = String(text.parts(around: " in loss record ")?.before ?? text.trimmed)
        opening.begin(at: start)
    }

    /// `==42== text`, and where it begins.
    private static func split(_ line: String, before marker: Int) -> (Substring, Substring, start: Int)? {
        let head = line[..<line.offset(marker)]
        guard let (before, _) = head.parts(aroundLast: "== "), let (outer, digits) = before.parts(aroundLast: "=="),
            digits.wholeNumber != nil
        else { return nil }
        let start = outer.utf8.count
        let text = start + 2 + digits.utf8.count + 3
        return (line[line.offset(start)..<line.offset(text)], line[line.offset(text)...], start)
    }

    var isCertain: Bool { !stacks[0].isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        guard let text = line.cutting(prefix: String(gutter)) else { return .foreign }
        if let (isFirst, frame) = NativeFrameText.valgrindFrame(text) {
            if isFirst, !stacks[stacks.count - 1].isEmpty { begin("") }
            stacks[stacks.count - 1].append(frame)
            return .taken
        }
        if text.isBlank { return isCertain ? .complete : .nothing }
        guard text.indentation > 0 else { return .over }
        note(text.trimmed)
        return .taken
    }

    private mutating func begin(_ title: String) {
        guard !stacks[stacks.count - 1].isEmpty else { return titles[titles.count - 1] = title }
        if stacks.count == Self.maximumStacks {
            stacks.removeLast()
            titles.removeLast()
        }
        stacks.append(FrameList())
        titles.append(title)
    }

    /// `Address 0x4a40040 is 0 bytes inside a block of size 8 free'd`, `Block was alloc'd at`
    private mutating func note(_ text: Substring) {
        if let (address, place) = text.parts(around: " is "), address.begins(with: "Address 0x") {
            if titles.count == 1 { value += ", " + place }
            return begin(String(place))
        }
        if kind == "FatalSignal", stacks[0].isEmpty {
            value += ", " + (text.parts(around: " at address ")?.before ?? text)
        } else if isCertain {
            begin(String(text))
        }
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        let raised = RaisedException(type: kind, value: value, module: "memcheck", frames: stacks[0].oldestFirst)
        var report = RecognisedException(
            platform: "native", raised: raised, ending: kind == "FatalSignal" ? .ended : .unknown)
        report.threads = stacks.indices.dropFirst().filter { !stacks[$0].isEmpty }.map {
            RecognisedThread(id: $0, name: titles[$0], frames: stacks[$0].oldestFirst)
        }
        return report
    }
}
