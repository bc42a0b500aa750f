// The stacks of Go's goroutines.

import SentryProtocol

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

    /// The frames of the goroutine that panicked, and all that have frames of the program's as threads: that one without them.
    func split() -> (frames: [Frame], threads: [RecognisedThread]) {
        var whole = self
        whole.endThread()
        for index in whole.threads.indices { whole.threads[index].frames.removeAll(where: Self.isRuntime) }
        // The first may be one of the runtime's own.
        guard let crashed = whole.threads.firstIndex(where: { !$0.frames.isEmpty }) ?? whole.threads.indices.first
        else { return ([], []) }
        let frames = whole.threads[crashed].frames
        for index in whole.threads.indices { whole.threads[index].isCrashed = index == crashed }
        whole.threads[crashed].frames = []
        return (frames, whole.threads.filter { $0.isCrashed || !$0.frames.isEmpty })
    }

    /// Up to the call of the panic: what was called since is the recovery.
    var framesOfPanic: [Frame] {
        var whole = self
        whole.endThread()
        return (whole.threads.first?.frames ?? []).prefix { $0.function != "panic" }.filter { !Self.isRuntime($0) }
    }

    private static func isRuntime(_ frame: Frame) -> Bool { frame.module == "runtime" || frame.function == "panic" }
}
