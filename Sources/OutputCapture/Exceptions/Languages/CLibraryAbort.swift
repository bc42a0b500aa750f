// Programs that the C library ends: assertions, a corrupt heap, overwritten buffers.
//
//     transfer: transfer.c:5: transfer: Assertion `amount > 0' failed.
//     free(): double free detected in tcache 2
//     *** stack smashing detected ***: terminated
//
// Source: assert/assert.c, malloc/malloc.c and debug/fortify_fail.c of glibc; libstdc++'s debug/assertions.h; assert.c of musl.

import SentryProtocol

struct CLibraryAbort: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere("Assertion `"), .anywhere("Assertion '"), .anywhere("Assertion failed: "),
        .anywhere("Unexpected error: "), .anywhere("free(): "), .anywhere("alloc(): "), .anywhere("munmap_chunk(): "),
        .anywhere("malloc_consolidate(): "), .anywhere("corruption ("), .anywhere("corrupted size vs. prev_size"),
        .anywhere("corrupted double-linked list"), .start("*** "),
    ]

    private let type: String
    private let value: String
    private let frame: Frame?

    init?(_ opening: inout ExceptionOpening) {
        let trigger = opening.text
        if trigger.begins(with: "Assertion ") || trigger.begins(with: "Unexpected error: ") {
            guard let (assertion, start) = Self.assertion(opening.line) ?? Self.muslAssertion(trigger, opening.marker)
            else { return nil }
            self = assertion
            opening.begin(at: start)
            return
        }
        opening.extendBack { $0.isLetter || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: " ") }
        guard let failure = Self.fortify(opening.line) ?? Self.heap(opening.text.trimmed) else { return nil }
        if opening.line.begins(with: "*** ") { opening.begin(at: 0) }
        self = failure
    }

    private init(_ type: String, _ value: Substring, _ frame: Frame? = nil) {
        self.type = type
        self.value = String(value)
        self.frame = frame
    }

    // MARK: Assertions

    /// - Returns: and where the program's name begins, or the file's where there is none.
    private static func assertion(_ line: String) -> (CLibraryAbort, start: Int)? {
        if let (head, condition) = line.parts(around: ": Assertion `"),
            let value = condition.trimmed.cutting(suffix: "' failed."), let (frame, start) = place(head)
        {
            return (CLibraryAbort("AssertionFailed", value, frame), start)
        }
        // libstdc++'s own checks, since GCC 11 with the other quotation mark.
        if let (head, condition) = line.parts(around: ": Assertion '"),
            let value = condition.trimmed.cutting(suffix: "' failed."), let (frame, start) = place(head)
        {
            return (CLibraryAbort("AssertionFailed", value, frame), start)
        }
        guard let (head, message) = line.parts(around: ": Unexpected error: "),
            let value = message.trimmed.cutting(suffix: "."), let (frame, start) = place(head)
        else { return nil }
        return (CLibraryAbort("AssertionFailed", value, frame), start)
    }

    /// `prog: file.c:5: function`, without `prog: ` in libstdc++, without a function where the compiler gives none.
    private static func place(_ head: Substring) -> (Frame, start: Int)? {
        var rest = head
        var program: Substring?
        for _ in 0..<8 {
            let (part, after) = rest.parts(around: ": ") ?? (rest, "")
            if let (file, line, column) = part.place, column == nil, !file.isEmpty {
                let name = lastWord(program ?? part)
                let start = head.utf8.distance(from: head.startIndex, to: name.startIndex)
                return (frame(program == nil ? lastWord(file) : file, line, after), start)
            }
            guard !after.isEmpty else { return nil }
            program = part
            rest = after
        }
        return nil
    }

    private static func lastWord(_ text: Substring) -> Substring { text.parts(aroundLast: " ")?.after ?? text }

    private static func frame(_ file: Substring, _ line: Int, _ function: Substring) -> Frame {
        let signature = function.parts(around: " [with ")?.before ?? function
        var frame = Frame(function: signature.isEmpty ? nil : signature, path: file, line: line)
        if signature != function { frame.rawFunction = String(function) }
        return frame
    }

    /// `Assertion failed: amount > 0 (transfer.c: transfer: 5)`
    private static func muslAssertion(_ text: Substring, _ start: Int) -> (CLibraryAbort, start: Int)? {
        guard let rest = text.cutting(prefix: "Assertion failed: ")?.trimmed.cutting(suffix: ")"),
            let (condition, place) = rest.parts(aroundLast: " ("), let (head, number) = place.parts(aroundLast: ": "),
            let line = number.position, let (file, function) = head.parts(around: ": ")
        else { return nil }
        return (CLibraryAbort("AssertionFailed", condition, frame(file, line, function)), start)
    }

    // MARK: Checks of the library's own

    private static func fortify(_ line: String) -> CLibraryAbort? {
        guard let rest = line.cutting(prefix: "*** ") else { return nil }
        // Before 2.26 with the program's name, and a map of its memory below.
        if let text = rest.cutting(prefix: "Error in `")?.parts(around: "': ")?.after.parts(aroundLast: " ***")?.before
        {
            return heap(text)
        }
        guard let (text, after) = rest.parts(around: " ***") else { return nil }
        let title = text.trimmed
        let isDetected = title.ends(in: " detected")
        guard isDetected || after.begins(with: ": ") && after.trimmed.ends(in: "terminated") else { return nil }
        if title.begins(with: "stack smashing") { return CLibraryAbort("StackSmashing", title) }
        if title.begins(with: "buffer overflow") { return CLibraryAbort("BufferOverflow", title) }
        return CLibraryAbort("FortifyFailure", title)
    }

    private static let complaints = [
        "double free or corruption (", "free(): ", "malloc(): ", "realloc(): ", "calloc(): ", "munmap_chunk(): ",
        "malloc_consolidate(): ", "corrupted size vs. prev_size", "corrupted double-linked list",
        "mremap_chunk(): ",
    ]

    /// All that the line says: prose goes on behind such words.
    private static func heap(_ line: Substring) -> CLibraryAbort? {
        let text = line.parts(around: ": 0x")?.before ?? line
        guard let complaint = complaints.first(where: { text.begins(with: $0) }) else { return nil }
        if complaint.hasSuffix(": ") {
            let rest = text.dropFirst(complaint.utf8.count)
            guard words.contains(rest.parts(around: " ")?.before ?? rest) else { return nil }
        }
        guard text.utf8.count <= complaint.utf8.count + 48, !text.ends(in: ".") else { return nil }
        return CLibraryAbort("HeapCorruption", text)
    }

    /// What the library's complaints go on with.
    private static let words: Set<Substring> = [
        "invalid", "double", "corrupted", "unaligned", "too", "mismatching", "unsorted", "largebin", "smallbin",
        "memory",
        "chunk", "bad",
    ]

    // MARK: One line

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep { .over }

    func finish() -> RecognisedException? {
        let raised = RaisedException(type: type, value: value, frames: frame.map { [$0] } ?? [])
        return RecognisedException(platform: "native", raised: raised, ending: .ended)
    }
}
