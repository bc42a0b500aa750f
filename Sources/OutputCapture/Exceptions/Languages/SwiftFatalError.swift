// Swift: fatalError, preconditions, errors that main throws; with Swift 6's backtrace or the older stack of addresses.
//
//     main/main.swift:3: Fatal error: Index out of range
//
//     *** Program crashed: Illegal instruction at 0x00007f572756df7f ***
//
//     Thread 0 "main" crashed:
//
//       3 [ra] 0x0000556e0631bf7b pick(_:_:) + 58 in main at /srv/app/main.swift:3:53

import SentryProtocol

struct SwiftFatalError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere("Fatal error"), .anywhere("ondition failed"), .anywhere("Assertion failed"),
    ]

    private let type: Substring
    private let value: Substring
    private let place: Substring?
    private var threads: [RecognisedThread] = []
    private var frames = FrameList()
    private var others = 0
    private var isOver = false

    private static let maximumThreads = 256
    private static let mostOthers = 400

    init?(_ opening: inout ExceptionOpening) {
        opening.extendBack(over: "Prec")
        let (type, value) = opening.text.parts(around: ": ") ?? (opening.text, "")
        guard ["Fatal error", "Precondition failed", "Assertion failed"].contains(where: { type == $0 }) else {
            return nil
        }
        guard
            let (before, line) = opening.line[..<opening.line.offset(opening.start)].cutting(suffix: ": ")?.parts(
                aroundLast: ":"),
            before.ends(in: ".swift"),
            line.position != nil
        else {
            // Without debug information there is no place; others print such a line too.
            return nil
        }
        let start =
            before.utf8.lastIndex(of: UInt8(ascii: " ")).map { before.utf8.index(after: $0) } ?? before.startIndex
        place = opening.line[start..<line.endIndex]
        self.type = type
        self.value = value
        opening.begin(at: opening.line.utf8.distance(from: opening.line.startIndex, to: start))
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line.isBlank { return .taken }
        if line.begins(with: "Thread "), line.ends(in: ":") {
            beginThread(line)
            return .taken
        }
        if Self.isFrame(line) {
            if !isOver, let frame = Self.frame(line) { frames.append(frame) }
            return .taken
        }
        if line.begins(with: "Registers:") || line.begins(with: "Images (") { isOver = true }
        if line.begins(with: "Backtrace took ") { return .complete }
        others += 1
        return isOver && others < Self.mostOthers || Self.isHeading(line) ? .taken : .over
    }

    func finish() -> RecognisedException? {
        var whole = self
        whole.endThread()
        let crashed = whole.threads.firstIndex(where: \.isCrashed)
        var own = crashed.map { whole.threads[$0].frames } ?? frames.oldestFirst
        if !own.contains(where: { $0.inApp == true }), let (file, line, _) = place?.place {
            own.append(Frame(function: nil, path: file, line: line, isInApp: !file.begins(with: "Swift/")))
        }
        if let crashed { whole.threads[crashed].frames = [] }
        let raised = RaisedException(
            type: String(type), value: value.isEmpty ? nil : String(value), frames: own,
            thread: crashed.map { whole.threads[$0].id })
        return RecognisedException(
            platform: "native", raised: raised, threads: whole.threads.count > 1 ? whole.threads : [], ending: .ended)
    }

    private static func isHeading(_ line: Substring) -> Bool {
        line.begins(with: "*** ") || line.begins(with: "Platform: ") || line == "..." || line == "Current stack trace:"
            || line.begins(with: "Crash Info") || line.begins(with: "💣 ")
    }

    // MARK: Threads

    /// `Thread 0 "main" crashed:`
    private mutating func beginThread(_ line: Substring) {
        endThread()
        isOver = false
        guard let rest = line.cutting(prefix: "Thread "), threads.count < Self.maximumThreads else { return }
        let digits = rest.utf8.prefix(while: \.isDigit)
        let name = rest.enclosed(by: "\"", "\"").map(String.init)
        threads.append(
            RecognisedThread(
                id: rest[..<digits.endIndex].wholeNumber ?? threads.count, name: name,
                isCrashed: rest.includes(" crashed")))
    }

    private mutating func endThread() {
        guard let last = threads.indices.last, threads[last].frames.isEmpty else { return }
        threads[last].frames = frames.oldestFirst
        frames = FrameList()
    }

    // MARK: Frames

    /// Those whose function is unknown say nothing, but are part of it.
    private static func isFrame(_ line: Substring) -> Bool {
        line.trimmed.utf8.first?.isDigit == true && line.includes(" 0x")
    }

    /// `  3 [ra] 0x0000556e0631bf7b pick(_:_:) + 58 in main at /srv/app/main.swift:3:53`, or the older
    /// `4    main                 0x00007fb53fcf9280 take(_:) + 221`.
    private static func frame(_ line: Substring) -> Frame? {
        let text = line.trimmed
        guard text.utf8.first?.isDigit == true, let (head, rest) = text.parts(around: " 0x"),
            let (_, symbol) = rest.parts(around: " ")
        else { return nil }
        let image = head.utf8.contains(UInt8(ascii: "[")) ? nil : head.trimmed.parts(aroundLast: " ")?.after
        return named(symbol.trimmed, isSystem: head.includes("[system]"), image: image)
    }

    private static func named(_ symbol: Substring, isSystem: Bool, image: Substring?) -> Frame? {
        let (call, place) = symbol.parts(aroundLast: " at ") ?? (symbol, "")
        let (name, file) = call.parts(aroundLast: " in ") ?? (call, image ?? "")
        let function = name.parts(aroundLast: " + ")?.before ?? name
        guard function != "<unavailable>", !function.isEmpty else { return nil }
        var frame = Frame(function: String(function))
        if let place = place.place {
            frame = Frame(function: function, path: place.file, line: place.line, column: place.column)
        }
        if !file.isEmpty { frame.package = String(file) }
        frame.inApp =
            !isSystem && frame.inApp != false && !(file.begins(with: "libswift") || file.begins(with: "libc.so"))
        if frame.absolutePath == "/<compiler-generated>" || frame.filename == "<compiler-generated>" {
            frame.inApp = false
        }
        return frame
    }
}
