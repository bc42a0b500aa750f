// Go: panics, the runtime's fatal errors, and every goroutine that is printed with them.
//
//     panic: runtime error: index out of range [3] with length 0 [recovered]
//     	panic: while cleaning up: disk full
//
//     goroutine 1 [running]:
//     main.(*store).get(...)
//     	/srv/app/main.go:11 +0x1a
//     created by main.main in goroutine 1
//     	/srv/app/main.go:22 +0xb0

import SentryProtocol

struct GoPanic: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("panic: "), .anywhere("fatal error: ")]

    private var panics: [(type: String, value: [Substring])]
    private var goroutines = GoroutineList()
    private var lines = 0

    private static let longestMessage = 40
    private static let maximumPanics = 20

    init?(_ opening: inout ExceptionOpening) {
        if let value = opening.text.cutting(prefix: "panic: ") {
            panics = [("panic", [value])]
        } else if let value = opening.text.cutting(prefix: "fatal error: ") {
            panics = [("fatal error", [value])]
        } else {
            return nil
        }
    }

    var isCertain: Bool { !goroutines.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if goroutines.take(line) { return .taken }
        if isCertain { return line.isBlank ? .taken : .over }
        lines += 1
        guard lines < Self.longestMessage else { return .nothing }
        if let value = line.cutting(prefix: "\tpanic: "), panics.count < Self.maximumPanics {
            panics.append(("panic", [value]))
        } else if !line.isBlank, !line.begins(with: "[signal "), line != "runtime stack:" {
            panics[panics.count - 1].value.append(line)
        }
        return .taken
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        var chain: RaisedException?
        for panic in panics {
            let value = panic.value.joined(separator: "\n")
            let text = value.parts(aroundLast: " [recovered")?.before ?? value[...]
            var raised = RaisedException(type: panic.type, value: String(text))
            if var cause = chain {
                cause.source = "recovered"
                raised.causes = [cause]
            }
            chain = raised
        }
        guard var raised = chain else { return nil }
        let (frames, threads) = goroutines.split()
        raised.frames = frames
        raised.thread = threads.first(where: \.isCrashed)?.id
        return RecognisedException(
            platform: "go", raised: raised, threads: threads.count > 1 ? threads : [], ending: .ended)
    }
}

/// Goroutines as the runtime prints them.
struct GoroutineList: Sendable {
    private var threads: [RecognisedThread] = []
    private var frames = FrameList()
    private var function: Substring?
    private var isCreator = false

    private static let maximum = 512

    var isEmpty: Bool { threads.isEmpty }

    /// - Returns: the line belongs to a goroutine.
    mutating func take(_ line: Substring) -> Bool {
        if let rest = line.cutting(prefix: "goroutine "), rest.ends(in: "]:") { return begin(rest) }
        guard !threads.isEmpty else { return false }
        if line.begins(with: "\t") {
            guard let name = function else { return line.includes("stack unavailable") }
            add(name, line.trimmed)
            function = nil
            return true
        }
        if line.begins(with: "...") { return true }
        if let creator = line.cutting(prefix: "created by ") {
            isCreator = true
            function = creator
            return true
        }
        guard line.ends(in: ")"), line.includes("("), !line.begins(with: " ") else { return false }
        isCreator = false
        function = line
        return true
    }

    /// `6 [chan receive, 2 minutes]:`, `1 gp=0xc000002380 m=0 mp=0x4d5e40 [running]:`
    private mutating func begin(_ rest: Substring) -> Bool {
        guard let (head, state) = rest.parts(around: "["), let id = head.parts(around: " ")?.before.wholeNumber else {
            return false
        }
        endThread()
        function = nil
        guard threads.count < Self.maximum else { return true }
        let text = state.cutting(suffix: "]:") ?? state
        threads.append(
            RecognisedThread(id: id, state: String(text), isCrashed: threads.isEmpty))
        return true
    }

    private mutating func endThread() {
        if let last = threads.indices.last, threads[last].frames.isEmpty { threads[last].frames = frames.oldestFirst }
        frames = FrameList()
    }

    private mutating func add(_ call: Substring, _ place: Substring) {
        guard !isCreator else { return }
        let location = place.parts(aroundLast: " +0x")?.before ?? place
        guard let (file, line, _) = location.place else { return }
        frames.append(GoFrame.frame(call, file, line))
    }

    /// The first goroutine's frames, and all as threads: the first without them.
    func split() -> (frames: [Frame], threads: [RecognisedThread]) {
        var whole = self
        whole.endThread()
        for index in whole.threads.indices {
            whole.threads[index].frames.removeAll { $0.module == "runtime" || $0.function == "panic" }
        }
        guard let first = whole.threads.first else { return ([], []) }
        whole.threads[0].frames = []
        return (first.frames, whole.threads)
    }
}

enum GoFrame {
    /// `github.com/shop/app.(*Store).Get(0xc000012345, {0x1, 0x2})`: package, function and arguments.
    static func frame(_ call: Substring, _ file: Substring, _ line: Int) -> Frame {
        let name = withoutArguments(call)
        let slash = name.last("/")?.upperBound ?? name.startIndex
        var frame = Frame(function: name, path: file, line: line)
        if let dot = name[slash...].first(".") {
            frame.module = String(name[..<dot.lowerBound])
            frame.function = String(name[dot.upperBound...])
        }
        let module = frame.module ?? ""
        let isStandard = file.includes("/src/\(module)/") && !module.includes(".") && module != "main"
        if isStandard || module == "runtime" || name == "panic" || file.includes("/vendor/") { frame.inApp = false }
        return frame
    }

    /// The arguments are the last pair of brackets: a method's receiver is in brackets too.
    private static func withoutArguments(_ call: Substring) -> Substring {
        guard call.ends(in: ")") else { return call.parts(around: " in goroutine ")?.before ?? call }
        var depth = 0
        for index in call.utf8.indices.reversed() {
            switch call.utf8[index] {
            case UInt8(ascii: ")"): depth += 1
            case UInt8(ascii: "("):
                depth -= 1
                if depth == 0 { return call[..<index] }
            default: break
            }
        }
        return call
    }
}
