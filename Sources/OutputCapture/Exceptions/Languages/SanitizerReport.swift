// Reports of the compilers' sanitizers: Address, Leak, Memory, Thread, HWAddress.
//
//     ==42==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000014 at pc 0x5570d9b9b330 bp … sp …
//     READ of size 4 at 0x602000000014 thread T0
//         #0 0x5570d9b9b32f in total /srv/heap.c:21
//
//     freed by thread T0 here:
//         #0 0x7f76f04b76a8 in free …
//     SUMMARY: AddressSanitizer: heap-use-after-free /srv/heap.c:21 in total
//
// Source: compiler-rt/lib/{asan,lsan,msan,tsan}/*_report*.cpp.

import SentryProtocol

struct SanitizerReport: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("Sanitizer: ")]

    /// `AddressSanitizer`
    private let tool: Substring
    private var kind: Substring
    /// Sentences without addresses.
    private var details: [String] = []
    private var sections: [Section] = []
    private let isError: Bool
    private var isWhole = false

    /// A stack and what it is of.
    private struct Section {
        var title: String
        var frames = FrameList()
    }

    private static let maximumSections = 24
    private static let maximumDetails = 4

    init?(_ opening: inout ExceptionOpening) {
        opening.extendBack(while: \.isLetter)
        guard let (name, text) = opening.text.parts(around: ": "), name.ends(in: "Sanitizer"), name != "Sanitizer",
            let (mark, start) = Self.mark(opening.line, before: opening.start)
        else { return nil }
        tool = name
        isError = mark == "ERROR: "
        kind = Self.kind(text)
        opening.begin(at: start)
        if mark == "SUMMARY: " {
            guard name != "UndefinedBehaviorSanitizer" else { return nil }
            addSummary(text)
            guard kind == "memory-leak" || !sections.isEmpty else { return nil }
            isWhole = true
        }
    }

    /// The word before the tool's name, and where the line begins that is the report's own.
    private static func mark(_ line: String, before end: Int) -> (String, start: Int)? {
        let head = line[..<line.offset(end)]
        for mark in ["ERROR: ", "WARNING: ", "SUMMARY: "] {
            guard let before = head.cutting(suffix: mark) else { continue }
            var start = end - mark.utf8.count
            // `==42==`; ThreadSanitizer and the summary have none.
            if let rest = before.cutting(suffix: "=="), let (outer, digits) = rest.parts(aroundLast: "=="),
                digits.wholeNumber != nil
            {
                start = outer.utf8.count
            }
            return (mark, start)
        }
        return nil
    }

    private static func kind(_ text: Substring) -> Substring {
        if text.begins(with: "attempting double-free") { return "double-free" }
        if text.begins(with: "attempting free on address") { return "bad-free" }
        if text.begins(with: "detected memory leaks") { return "memory-leak" }
        if text.begins(with: "requested allocation size") { return "allocation-size-too-big" }
        var kind = text
        for end in [" on address", " on unknown address", " (", ": "] {
            if let (before, _) = kind.parts(around: end) { kind = before }
        }
        return kind.trimmed
    }

    /// A headline alone could be a quotation: a stack or a summary follows where it is none.
    var isCertain: Bool { isWhole || sections.contains { !$0.frames.isEmpty } }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if isWhole { return .over }
        if let (number, frame) = NativeFrameText.sanitizerFrame(line) {
            addFrame(number, frame)
            return .taken
        }
        let text = line.trimmed
        // Leaks are found by one and summed up by the other.
        if let rest = text.cutting(prefix: "SUMMARY: "), let (name, after) = rest.parts(around: ": "),
            name.ends(in: "Sanitizer")
        {
            addSummary(after)
            guard kind == "memory-leak" || isCertain else { return .nothing }
            isWhole = true
            return .complete
        }
        if text.ends(in: "==ABORTING") || text.begins(with: "====") { return isCertain ? .complete : .taken }
        if text.isEmpty || take(sentence: text, indentation: line.indentation) { return .taken }
        return .foreign
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        let main = sections.first
        let raised = RaisedException(
            type: String(kind), value: details.isEmpty ? nil : details.joined(separator: ", "), module: String(tool),
            frames: main?.frames.oldestFirst ?? [])
        var report = RecognisedException(platform: "native", raised: raised, ending: isError ? .ended : .unknown)
        // Not threads, most of them: other moments of the same one.
        report.threads = sections.dropFirst().filter { !$0.frames.isEmpty }.enumerated().map {
            RecognisedThread(id: $0.offset + 1, name: $0.element.title, frames: $0.element.frames.oldestFirst)
        }
        return report
    }

    // MARK: Stacks

    private mutating func addFrame(_ number: Int, _ frame: Frame) {
        if number == 0, sections.isEmpty || sections[sections.count - 1].frames.isEmpty == false { begin("") }
        guard !sections.isEmpty else { return }
        sections[sections.count - 1].frames.append(frame)
    }

    private mutating func begin(_ title: String) {
        if let last = sections.last, last.frames.isEmpty {
            sections[sections.count - 1].title = title
        } else if sections.count < Self.maximumSections {
            sections.append(Section(title: title))
        } else {
            sections[sections.count - 1] = Section(title: title)
        }
    }

    // MARK: Sentences

    /// - Returns: the report has such a line.
    private mutating func take(sentence text: Substring, indentation: Int) -> Bool {
        let sentence = Self.withoutNumbers(text)
        if Self.isAccess(text) {
            begin(String(sentence.cutting(suffix: ":") ?? sentence[...]))
            if details.isEmpty, let (access, _) = sentence.parts(around: " at address") { add(detail: String(access)) }
            return true
        }
        if let (_, place) = text.parts(around: " is located "), text.begins(with: "0x") || text.begins(with: "Address")
        {
            add(detail: String(place.parts(around: " [")?.before ?? Self.withoutNumbers(place)[...]))
            begin(String(sentence.parts(around: "ddress is ")?.after ?? sentence[...]))
            return true
        }
        if text.ends(in: "here:") || text.ends(in: " at:") || text.ends(in: "allocated from:")
            || text.ends(in: "thread:")
            || text.begins(with: "Mutex M") || text.begins(with: "Uninitialized value was ")
            || text.begins(with: "Thread T") || text.begins(with: "Location is ")
            || text.begins(with: "As if synchronized")
        {
            begin(String(sentence.cutting(suffix: ":") ?? sentence[...]))
            return true
        }
        if let (_, hint) = text.parts(around: "==The signal is ") {
            add(detail: String(hint.cutting(suffix: ".") ?? hint))
        }
        if let (_, hint) = text.parts(around: "==Hint: ") { add(detail: String(hint.cutting(suffix: ".") ?? hint)) }
        return text.begins(with: "==") || text.begins(with: "Cycle in lock order") || text.begins(with: "Hint: ")
            || text.begins(with: "[") || text.begins(with: "This frame has ") || text.begins(with: "HINT: ")
            || text.begins(with: "(longjmp ") || text.begins(with: "AddressSanitizer can not")
    }

    /// `READ of size 4 at 0x602000000014 thread T0`, `Previous write of size 8 at 0x562efb762930 by thread T1:`
    private static func isAccess(_ text: Substring) -> Bool {
        guard let (word, _) = text.parts(around: " of size "), text.includes(" at 0x") else { return false }
        return word.utf8.count < 32 && !word.begins(with: "#")
    }

    private mutating func add(detail: String) {
        guard details.count < Self.maximumDetails, !details.contains(detail) else { return }
        details.append(detail)
    }

    private mutating func addSummary(_ text: Substring) {
        // `18 byte(s) leaked in 2 allocation(s).`
        if text.includes(" leaked in ") {
            kind = "memory-leak"
            return add(detail: String(text.cutting(suffix: ".") ?? text))
        }
        guard let (head, function) = text.parts(aroundLast: " in "), let (name, place) = head.parts(aroundLast: " "),
            let (file, line, column) = place.place
        else { return }
        if sections.isEmpty {
            kind = name.trimmed
            begin("")
            sections[0].frames.append(Frame(function: function, path: file, line: line, column: column))
        } else if kind.includes(" ") == false, !name.isEmpty {
            kind = name.trimmed.parts(around: " (")?.before ?? name.trimmed
        }
    }

    /// `0x…` becomes `address`, `(tid=31403, finished)` goes: they are others in the next run.
    static func withoutNumbers(_ text: Substring) -> String {
        text.split(separator: " ").compactMap { word -> Substring? in
            if word.begins(with: "(tid=") || word == "finished)" || word == "running)" { return nil }
            guard let (before, _) = word.parts(around: "0x") else { return word }
            return before.isEmpty ? "address" : nil
        }.joined(separator: " ")
    }
}
