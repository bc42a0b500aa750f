// Python's faulthandler: the stacks of all threads when the interpreter itself dies.
//
//     Fatal Python error: Segmentation fault
//
//     Current thread 0x00007f556f2bec40 (most recent call first):
//       File "main.py", line 14 in crash

import SentryProtocol

struct PythonFault: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("Fatal Python error: ")]

    private let message: String
    private var threads: [RecognisedThread] = []
    private var frames = FrameList()
    /// Lines that are no stack: the interpreter prints its state between message and threads.
    private var others = 0

    private static let maximumThreads = 256

    init?(_ opening: inout ExceptionOpening) {
        guard let text = opening.text.cutting(prefix: "Fatal Python error: ") else { return nil }
        message = String(text.trimmed)
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line.isBlank { return .taken }
        if line.ends(in: "(most recent call first):") {
            if line.includes("C stack trace") { return .over }
            beginThread(line)
            return .taken
        }
        if let rest = line.cutting(prefix: "  File \""), let (path, place) = rest.parts(around: "\", line ") {
            let (number, function) = place.parts(around: " in ") ?? (place, "")
            guard let number = number.position else { return .taken }
            frames.append(PythonPath.frame(path, number, function.isEmpty ? nil : function))
            return .taken
        }
        if line.begins(with: "  <") || line.begins(with: "  ...") { return .taken }
        others += 1
        return threads.isEmpty && others < 8 ? .taken : .over
    }

    func finish() -> RecognisedException? {
        var whole = self
        whole.endThread()
        let current = whole.threads.firstIndex(where: \.isCrashed) ?? whole.threads.indices.first
        let (type, value) = message.parts(around: ": ") ?? (message[...], "")
        let raised = RaisedException(
            type: String(type), value: value.isEmpty ? nil : String(value),
            frames: current.map { whole.threads[$0].frames } ?? [],
            thread: current.map { whole.threads[$0].id })
        if let current {
            whole.threads[current].frames = []
            whole.threads[current].isCrashed = true
        }
        return RecognisedException(platform: "python", raised: raised, threads: whole.threads, ending: .ended)
    }

    /// Its number is an address that says nothing: threads are counted as they come.
    private mutating func beginThread(_ line: Substring) {
        endThread()
        guard threads.count < Self.maximumThreads else { return }
        let name = line.enclosed(by: "[", "]").map(String.init)
        threads.append(
            RecognisedThread(id: threads.count, name: name, isCrashed: line.begins(with: "Current thread")))
    }

    private mutating func endThread() {
        if let last = threads.indices.last, threads[last].frames.isEmpty { threads[last].frames = frames.oldestFirst }
        frames = FrameList()
    }
}
