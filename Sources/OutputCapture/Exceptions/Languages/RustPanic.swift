// Rust: panics with and without a backtrace, the one-line form up to 1.72 and the two-line form since.
//
//     thread 'main' (4242) panicked at src/main.rs:9:30:
//     no such row
//     stack backtrace:
//        5: shop::Store::get
//                  at ./src/main.rs:9:30

import SentryProtocol

struct RustPanic: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("panicked at ")]

    private let thread: Substring
    private let place: Substring
    private var message: [Substring]
    private var trace = RustBacktrace()
    private(set) var isCertain: Bool
    private var isMessageOver = false

    private static let longestMessage = 40

    init?(_ opening: inout ExceptionOpening) {
        guard let start = opening.before.last("thread '") else { return nil }
        opening.begin(at: opening.line.utf8.distance(from: opening.line.startIndex, to: start.lowerBound))
        guard let (thread, rest) = opening.text.cutting(prefix: "thread '")?.parts(around: "'"),
            let (_, place) = rest.parts(around: "panicked at ")
        else { return nil }
        self.thread = thread
        if place.begins(with: "'"), let (message, location) = place.dropFirst().parts(aroundLast: "', ") {
            self.message = [message]
            self.place = location
            isMessageOver = true
        } else {
            guard let location = place.trimmed.cutting(suffix: ":") else { return nil }
            self.place = location
            message = []
        }
        guard self.place.place?.column != nil else { return nil }
        isCertain = true
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line == "stack backtrace:" {
            trace.begin()
            return .taken
        }
        if trace.take(line) { return .taken }
        if line.begins(with: "note: ") { return .complete }
        if isMessageOver || trace.hasBegun { return .over }
        if line.isBlank, !message.isEmpty { return .over }
        message.append(line)
        return message.count < Self.longestMessage ? .taken : .over
    }

    func finish() -> RecognisedException? {
        var frames = trace.ownFrames
        if frames.isEmpty, let (file, line, column) = place.place {
            frames = [Frame(function: nil, path: file, line: line, column: column)]
        }
        while message.last?.isBlank == true { return cutting() }
        let raised = RaisedException(
            type: "panic", value: message.joined(separator: "\n"), frames: frames)
        return RecognisedException(
            platform: "native", raised: raised, ending: thread == "main" ? .ended : .unknown)
    }

    private func cutting() -> RecognisedException? {
        var shorter = self
        shorter.message.removeLast()
        return shorter.finish()
    }
}

/// anyhow's and eyre's reports, as `main` prints them.
///
///     Error: cannot start                     Error:
///                                                0: cannot start
///     Caused by:                                 1: bad port
///         0: bad port
///         1: invalid digit                    Location:
///                                                src/main.rs:12
struct RustReport: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("Error:")]

    private var messages: [[Substring]]
    private var trace = RustBacktrace()
    private var section = Section.message
    private var location: Substring?
    private(set) var isCertain = false
    private var blanks = 0

    private enum Section {
        case message
        case causes
        case location
        case other
    }

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text.cutting(prefix: "Error:")?.trimmed ?? ""
        messages = text.isEmpty ? [] : [[text]]
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if trace.take(line) { return .taken }
        let text = line.trimmed
        if line.isBlank {
            blanks += 1
            return blanks > 4 ? .over : .taken
        }
        switch line {
        case "Caused by:": return enter(.causes)
        case "Location:": return enter(.location)
        case "Stack backtrace:":
            trace.begin()
            return enter(.other)
        default: break
        }
        if line.begins(with: "  "), line.includes(" BACKTRACE ") { trace.begin() }
        guard line.indentation > 0 || line.begins(with: "Backtrace omitted") || line.begins(with: "Run with ") else {
            return isCertain ? .over : .nothing
        }
        return take(text, of: line)
    }

    private mutating func enter(_ next: Section) -> ExceptionStep {
        section = next
        isCertain = isCertain || !messages.isEmpty
        return isCertain ? .taken : .nothing
    }

    private mutating func take(_ text: Substring, of line: Substring) -> ExceptionStep {
        let numbered = text.parts(around: ": ").flatMap { $0.before.wholeNumber == nil ? nil : $0.after }
        switch section {
        case .causes, .message:
            if let message = numbered {
                guard messages.count < RecognisedException.maximumLinks else { return .taken }
                messages.append([message])
            } else if section == .causes, messages.count == 1 {
                messages.append([text])
            } else if isCertain, !messages.isEmpty {
                messages[messages.count - 1].append(text)
            } else if messages.isEmpty || !isCertain {
                return .nothing
            }
        case .location:
            location = location ?? text
        case .other: break
        }
        return .taken
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        var chain: RaisedException?
        for (index, lines) in messages.enumerated().reversed() {
            var raised = RaisedException(type: "Error", value: lines.joined(separator: "\n"))
            if index > 0 { raised.source = "source" }
            if let cause = chain { raised.causes = [cause] }
            chain = raised
        }
        guard var raised = chain else { return nil }
        raised.frames = trace.ownFrames
        if raised.frames.isEmpty, let (file, line, column) = location?.place {
            raised.frames = [Frame(function: nil, path: file, line: line, column: column)]
        }
        return RecognisedException(platform: "native", raised: raised, ending: .ended)
    }
}

/// `   5: shop::Store::get` and the line `             at ./src/main.rs:9:30` below it.
struct RustBacktrace: Sendable {
    private var frames = FrameList()
    private(set) var hasBegun = false

    mutating func begin() { hasBegun = true }

    /// - Returns: the line belongs to the backtrace.
    mutating func take(_ line: Substring) -> Bool {
        guard hasBegun, line.indentation > 0 || line.utf8.first?.isDigit == true else { return false }
        let text = line.trimmed
        if let place = text.cutting(prefix: "at ") {
            locate(place)
            return true
        }
        guard let (number, rest) = text.parts(around: ": "), number.wholeNumber != nil else {
            // `[... omitted 1 frame ...]`, and inlined functions of the same address.
            if text.begins(with: "[...") || text.begins(with: "⋮") { return true }
            return false
        }
        frames.append(frame(rest.trimmed))
        return true
    }

    /// With `RUST_BACKTRACE=full` an address stands before the name.
    private func frame(_ text: Substring) -> Frame {
        let name = text.begins(with: "0x") ? text.parts(around: " - ")?.after ?? text : text
        let function = Self.withoutCrateHashes(Self.withoutHash(name))
        var frame = Frame(function: String(function))
        frame.inApp = !Self.isRuntime(function)
        return frame
    }

    private mutating func locate(_ place: Substring) {
        guard let (file, line, column) = place.place else { return }
        frames.changeLast { frame in
            guard frame.line == nil else { return }
            let path = file.cutting(prefix: "./") ?? file
            let source = Frame(function: nil, path: path, line: line, column: column)
            frame.filename = source.filename
            frame.absolutePath = source.absolutePath
            frame.line = line
            frame.column = column
            if source.inApp == false { frame.inApp = false }
        }
    }

    /// `core::panicking::panic_fmt::h0123456789abcdef`
    private static func withoutHash(_ name: Substring) -> Substring {
        guard let (head, hash) = name.parts(aroundLast: "::h"), hash.utf8.count == 16 else { return name }
        return head
    }

    /// `std[e28293b1aa0f68bd]::rt::lang_start`: which build of a crate it is says nothing of the function.
    private static func withoutCrateHashes(_ name: Substring) -> Substring {
        var rest = name
        var text = ""
        while let (before, after) = rest.parts(around: "[") {
            let hash = after.utf8.prefix { $0.isAlphanumeric }
            let isHash = hash.count >= 12 && after[hash.endIndex...].begins(with: "]")
            text += before + (isHash ? "" : "[")
            rest = isHash ? after[after.utf8.index(after: hash.endIndex)...] : after
        }
        return text.isEmpty ? name : (text + rest)[...]
    }

    /// Crates, as the first word of a path.
    private static let runtimeCrates: Set<String> = [
        "std", "core", "alloc", "__rustc", "anyhow", "eyre", "color_eyre", "backtrace", "tokio", "futures", "rayon",
    ]
    /// Names of the C library's and the compiler's, which have no path.
    private static let runtimeFunctions: Set<String> = [
        "rust_begin_unwind", "_start", "__libc_start_main", "__libc_start_main_impl", "__libc_start_call_main", "main",
        "<unknown>", "clone", "clone3", "__clone3", "start_thread", "__rust_try", "rust_panic",
    ]

    private static func isRuntime(_ function: Substring) -> Bool {
        if runtimeFunctions.contains(String(function)) { return true }
        let start = function.utf8.firstIndex { $0.isNamePart } ?? function.startIndex
        return runtimeCrates.contains(String(function[start...].parts(around: "::")?.before ?? ""))
    }

    /// Oldest first, without the machinery of the panic itself.
    var ownFrames: [Frame] {
        let all = frames.frames
        let start = all.lastIndex { frame in
            Self.machinery.contains { frame.function?.includes($0) == true }
        }
        return Array(all[(start.map { $0 + 1 } ?? 0)...].reversed())
    }

    private static let machinery = [
        "rust_begin_unwind", "panicking::panic_fmt", "panicking::begin_panic", "rust_end_short_backtrace",
    ]
}
