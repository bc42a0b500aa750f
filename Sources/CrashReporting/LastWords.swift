// What a program said about its own end: failed assertions, uncaught exceptions, the C library's complaints.

/// The message on stderr that belongs to an abort.
package struct LastWords: Sendable, Equatable {
    package var kind: Kind
    /// One line: what an issue is called by.
    package var title: String
    /// The line that it was read from.
    package var line: String

    package enum Kind: String, Sendable, CaseIterable {
        case assertion
        case uncaughtException = "uncaught_exception"
        case heapCorruption = "heap_corruption"
        case stackSmashing = "stack_smashing"
        case bufferOverflow = "buffer_overflow"
        case pureVirtualCall = "pure_virtual_call"
        case rustPanic = "rust_panic"
        case swiftFatalError = "swift_fatal_error"
        case goPanic = "go_panic"
        case sanitizer
        case undefinedBehaviour = "undefined_behaviour"
    }

    package init(kind: Kind, title: String, line: String) {
        self.kind = kind
        self.title = title
        self.line = line
    }

    /// Looks for the latest message that a dying program leaves.
    ///
    /// - Parameter lines: the last ones of stderr, oldest first.
    package init?(in lines: [String]) {
        for index in lines.indices.reversed() {
            guard let words = Self.read(lines, at: index) else { continue }
            // What the terminate handler says last may have had a cause that was said before.
            let isVague = words.title.hasPrefix("terminate called")
            self = (isVague && index > 0 ? Self.read(lines, at: index - 1) : nil) ?? words
            return
        }
        return nil
    }

    private static func read(_ lines: [String], at index: Int) -> LastWords? {
        let line = lines[index]
        // A line of a log may quote such messages; the lengths that the libraries print are short.
        guard line.utf8.count < 4096 else { return nil }
        let next = index + 1 < lines.count ? lines[index + 1] : nil
        return assertion(line) ?? exception(line, next) ?? library(line) ?? runtime(line, next) ?? sanitizer(line)
    }

    // MARK: C and C++

    /// Source: assert(3). `prog: a.c:12: main: Assertion `x > 0' failed.`; musl: `Assertion failed: x > 0 (a.c: main: 12)`.
    private static func assertion(_ line: String) -> LastWords? {
        if line.withoutBlanks.hasSuffix("failed."), let text = line.between("Assertion `", "' failed.") {
            let place = line.before(": Assertion `").map { $0.split(separator: ":").dropFirst() }
            let file = place?.first.map { String($0).withoutBlanks }
            let number = place?.dropFirst().first.map { String($0).withoutBlanks }
            let suffix = [file.map { String($0.baseName) }, number].compactMap { $0 }.joined(separator: ":")
            return LastWords(
                kind: .assertion, title: "assertion failed: \(text)" + (suffix.isEmpty ? "" : " (\(suffix))"),
                line: line)
        }
        guard line.hasPrefix("Assertion failed: "), let text = line.after("Assertion failed: ") else { return nil }
        return LastWords(kind: .assertion, title: "assertion failed: \(text.withoutBlanks)", line: line)
    }

    /// Source: libstdc++'s and libc++'s terminate handlers.
    private static func exception(_ line: String, _ next: String?) -> LastWords? {
        if let type = line.between("terminate called after throwing an instance of '", "'") {
            // libstdc++ puts what() on a line of its own.
            let what = next.flatMap { $0.withoutBlanks.hasPrefix("what():") ? $0.after("what():") : nil }
            return LastWords(kind: .uncaughtException, title: named(type, what), line: line)
        }
        if let type = line.between("terminating due to uncaught exception of type ", ": ")
            ?? line.after("terminating due to uncaught exception of type ")
        {
            return LastWords(
                kind: .uncaughtException, title: named(type, line.after("of type \(type): ")), line: line)
        }
        if line.hasPrefix("terminate called without an active exception") {
            return LastWords(
                kind: .uncaughtException, title: "terminate called without an active exception", line: line)
        }
        if line.has("terminate called recursively") {
            return LastWords(kind: .uncaughtException, title: "terminate called recursively", line: line)
        }
        if line.has("pure virtual method called") || line.has("Pure virtual function called") {
            return LastWords(kind: .pureVirtualCall, title: "pure virtual method called", line: line)
        }
        return nil
    }

    private static func named(_ type: some StringProtocol, _ what: Substring?) -> String {
        let what = what.map(\.withoutBlanks) ?? ""
        return "uncaught \(type)" + (what.isEmpty ? "" : ": \(what)")
    }

    /// glibc's malloc checks, as they begin. Source: malloc/malloc.c.
    private static let heapComplaints = [
        "double free or corruption", "free(): ", "malloc(): ", "realloc(): ", "malloc_consolidate(): ", "calloc(): ",
        "corrupted size vs. prev_size", "corrupted double-linked list", "munmap_chunk(): ", "mremap_chunk(): ",
        "invalid fastbin entry", "break adjusted to free malloc space",
        "tcache_thread_shutdown(): ", "aligned_alloc: ",
    ]

    /// Source: glibc's malloc and _FORTIFY_SOURCE.
    private static func library(_ line: String) -> LastWords? {
        if let text = line.between("*** ", " ***: terminated") ?? line.between("*** ", " detected ***") {
            let title = text.withoutBlanks
            if title.has("stack smashing") {
                return LastWords(kind: .stackSmashing, title: "stack smashing detected", line: line)
            }
            if title.has("buffer overflow") {
                return LastWords(kind: .bufferOverflow, title: "buffer overflow detected", line: line)
            }
            return LastWords(kind: .bufferOverflow, title: title, line: line)
        }
        // Older ones print the program's name and a memory map: `*** Error in `x': double free …: 0x… ***`.
        let text = line.between("*** Error in `", " ***").flatMap { $0.after("': ") } ?? line[...]
        guard let start = heapComplaints.first(where: { text.hasPrefix($0) }) else { return nil }
        let title = text.before(": 0x") ?? text
        // Programs print such words too: the library's are short.
        guard title.utf8.count < start.utf8.count + 60 else { return nil }
        return LastWords(kind: .heapCorruption, title: title.withoutBlanks, line: line)
    }

    // MARK: Rust, Swift, Go

    private static func runtime(_ line: String, _ next: String?) -> LastWords? {
        // `thread 'main' (4242) panicked at src/main.rs:2:5:`, then the message; older ones quote it in the same line.
        if line.withoutBlanks.hasPrefix("thread '"), let place = line.after(" panicked at ") {
            if place.hasPrefix("'"), let end = place.dropFirst().firstIndex(of: "', ") {
                return LastWords(
                    kind: .rustPanic, title: "panic: \(place[place.index(after: place.startIndex)..<end])", line: line)
            }
            let message = next.map(\.withoutBlanks) ?? ""
            let note = message.isEmpty || message.hasPrefix("note: ")
            return LastWords(
                kind: .rustPanic, title: note ? "panic at \(place.withoutBlanks.withoutColon)" : "panic: \(message)",
                line: line)
        }
        // `main/a.swift:3: Fatal error: Index out of range`; also without the place.
        for word in ["Fatal error", "Precondition failed", "Assertion failed"] {
            guard let rest = line.hasPrefix(word) ? line[...] : line.after(".swift:") else { continue }
            if let message = rest.after("\(word): ") {
                return LastWords(
                    kind: .swiftFatalError, title: "\(word): \(message.withoutBlanks)", line: line)
            }
            if rest.withoutBlanks.hasSuffix(word) {
                return LastWords(kind: .swiftFatalError, title: word, line: line)
            }
        }
        if line.hasPrefix("panic: ") || line.hasPrefix("fatal error: ") {
            return LastWords(kind: .goPanic, title: line.withoutBlanks, line: line)
        }
        return nil
    }

    // MARK: Sanitizers

    /// `SUMMARY: AddressSanitizer: heap-use-after-free a.c:3 in main`, `a.c:3:7: runtime error: signed integer overflow …`
    private static func sanitizer(_ line: String) -> LastWords? {
        if line.hasPrefix("SUMMARY: "), line.has("Sanitizer: "), let text = line.after("SUMMARY: ") {
            return LastWords(kind: .sanitizer, title: text.withoutBlanks, line: line)
        }
        if line.hasPrefix("=="), line.has("==ERROR: "), line.has("Sanitizer: "), let text = line.after("ERROR: ") {
            let title = text.before(" on address 0x") ?? text.before(" on unknown address") ?? text
            return LastWords(kind: .sanitizer, title: title.withoutBlanks, line: line)
        }
        guard let message = line.after(": runtime error: ") else { return nil }
        return LastWords(kind: .undefinedBehaviour, title: message.withoutBlanks, line: line)
    }
}

extension String {
    fileprivate var withoutColon: Substring { hasSuffix(":") ? dropLast() : self[...] }
}
