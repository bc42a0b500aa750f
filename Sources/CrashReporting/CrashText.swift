// A crash as a debugger would print it.

import SentryProtocol

/// Renders a crash for people, line by line.
package struct CrashText {
    /// What a piece of text is, for its colour.
    package enum Ink: Sendable {
        case plain
        /// What happened.
        case heading
        /// A cause, and the line of source where it happened.
        case trouble
        case function
        case location
        /// Addresses, modules, numbers: there for who looks.
        case faint
        /// Frames that are guessed, and what is missing.
        case doubt
    }

    private let crash: RecordedCrash
    private let paint: (Ink, String) -> String

    /// - Parameter paint: colours a piece of text and makes what came from the job harmless for a terminal. Pieces have no
    ///   line breaks.
    package init(_ crash: RecordedCrash, paint: @escaping (Ink, String) -> String) {
        self.crash = crash
        self.paint = paint
    }

    /// Without line breaks; empty ones separate the parts.
    package var lines: [String] {
        var lines = heading
        if let subject = crash.stacks.subject {
            lines += ["", threadLine(subject)] + stack(subject.stackTrace, showsSource: true)
            lines += registers(subject.stackTrace?.registers ?? [:])
        }
        lines += otherThreads
        if !crash.stacks.notes.isEmpty {
            lines += [""] + crash.stacks.notes.map { "  " + paint(.doubt, "- \($0)") }
        }
        return lines
    }

    // MARK: Heading

    private var heading: [String] {
        let facts = crash.facts
        let name = "\(facts.label) (pid \(facts.process))"
        let event =
            switch facts.reason {
            case .fatalSignal: "\(name) \(facts.deathWord) \(SignalName.of(facts.signal))"
            case .timeout: "\(name) as the time limit had passed"
            case .timeoutKill: "\(name) before it was killed"
            case .hang: "\(name) as it hung"
            }
        var lines = [paint(.heading, event) + title]
        if let sentence = facts.explanation?.sentence { lines += wrapped(sentence).map { "  " + paint(.plain, $0) } }
        if let message = facts.explanation?.message { lines.append("  " + paint(.plain, "it said: \(message)")) }
        lines.append("  " + paint(.faint, details.joined(separator: ", ")))
        return lines
    }

    private var title: String {
        crash.facts.explanation.map { paint(.plain, ": ") + paint(.trouble, $0.title) } ?? ""
    }

    private var details: [String] {
        let facts = crash.facts
        var details: [String] = []
        if let info = facts.signalInfo {
            details.append(info.codeName ?? "si_code \(info.code)")
            if let address = info.address, !info.isUnaddressed { details.append("address \(hexText(address))") }
            if let sender = info.sender {
                let command = facts.senderCommand.map { " (\($0))" } ?? ""
                details.append("sent by pid \(sender.process)\(command), user \(sender.user)")
            }
        }
        details.append(count(crash.stacks.threads.count, "thread"))
        if facts.stoppedNanoseconds > 0 {
            details.append("stood still for \(milliseconds(facts.stoppedNanoseconds)) ms to be read")
        }
        return details
    }

    /// At blanks, to what a terminal shows in a line.
    private func wrapped(_ text: String, width: Int = 110) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    // MARK: Stacks

    private func threadLine(_ thread: ThreadRecord) -> String {
        let mark = thread.crashed == true || crash.facts.reason == .fatalSignal ? ", crashed" : ""
        return paint(.heading, threadName(thread)) + paint(.faint, mark + state(thread))
    }

    private func threadName(_ thread: ThreadRecord) -> String {
        "Thread \(thread.id)" + (thread.name.map { " \"\($0)\"" } ?? "")
    }

    private func state(_ thread: ThreadRecord) -> String { thread.state.map { ", \($0)" } ?? "" }

    private func stack(_ trace: StackTrace?, showsSource: Bool, limit: Int = .max) -> [String] {
        guard let trace, !trace.frames.isEmpty else { return ["  " + paint(.doubt, "no stack")] }
        let frames = Array(trace.frames.reversed())
        let pieces = FrameFolding.fold(frames.map(FrameLook.init))
        var lines: [String] = []
        var sources = 0
        for piece in pieces.prefix(limit) {
            switch piece {
            case .frame(let index):
                let isInlined = Self.isInlined(frames, index)
                lines.append(frameLine(frames[index], number: index, isInlined: isInlined))
                guard showsSource, sources < 3, frames[index].contextLine != nil else { continue }
                guard frames[index].inApp == true || sources == 0 else { continue }
                lines += source(frames[index])
                sources += 1
            case .repeats(let cycle, let count):
                let above = cycle == 1 ? "the one above" : "the \(cycle) above"
                lines.append("       " + paint(.doubt, "… \(count) more frames like \(above)"))
            }
        }
        if pieces.count > limit { lines.append("       " + paint(.faint, "… and \(pieces.count - limit) more")) }
        return lines
    }

    /// What is inlined stands at the same address as its caller. So does a recursion, whose frames look the same.
    private static func isInlined(_ frames: [Frame], _ index: Int) -> Bool {
        guard index + 1 < frames.count, let address = frames[index].instructionAddress else { return false }
        let caller = frames[index + 1]
        return caller.instructionAddress == address
            && (caller.function != frames[index].function || caller.line != frames[index].line)
    }

    private func frameLine(_ frame: Frame, number: Int, isInlined: Bool) -> String {
        let label = "#\(number)"
        var line = "  " + paint(.faint, label + String(repeating: " ", count: max(1, 5 - label.count)))
        line += frame.function.map { paint(.function, $0) } ?? paint(.doubt, "??")
        if let place = place(frame) { line += paint(.location, " (\(place))") }
        if isInlined { return line + paint(.faint, " inlined") }
        if let module = module(frame) { line += paint(.faint, " in \(module)") }
        if let doubt = doubt(frame) { line += paint(.doubt, " [\(doubt)]") }
        return line
    }

    private func place(_ frame: Frame) -> String? {
        guard let file = frame.filename ?? frame.absolutePath else { return nil }
        return frame.line.map { "\(file):\($0)" } ?? file
    }

    private func module(_ frame: Frame) -> String? {
        guard let address = frame.instructionAddress else { return frame.package.map { String($0.baseName) } }
        if let image = crash.stacks.images.image(at: address) {
            return "\(image.codeFile.baseName)+\(hexText(address - image.address))"
        }
        if let file = frame.package, let start = frame.imageAddress, start <= address {
            return "\(file.baseName)+\(hexText(address - start))"
        }
        return (frame.package.map { "\($0.baseName) " } ?? "") + hexText(address)
    }

    private func doubt(_ frame: Frame) -> String? {
        switch frame.trust {
        case "scan", "cfi-scan": "guessed: a word on the stack that looks like a return address"
        case "fp": "by frame pointer"
        default: nil
        }
    }

    private func source(_ frame: Frame) -> [String] {
        guard let context = frame.contextLine, let line = frame.line else { return [] }
        let before = frame.preContext.suffix(3)
        let after = frame.postContext.prefix(3)
        let width = String(line + after.count).count
        func numbered(_ number: Int) -> String {
            let text = String(number)
            return String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func row(_ number: Int, _ text: String, _ ink: Ink, _ mark: String) -> String {
            "      " + paint(.faint, "\(mark) \(numbered(number)) │ ") + paint(ink, expanded(text))
        }
        return before.enumerated().map { row(line - before.count + $0.offset, $0.element, .plain, " ") }
            + [row(line, context, .trouble, ">")]
            + after.enumerated().map { row(line + 1 + $0.offset, $0.element, .plain, " ") }
    }

    /// Tabs would break the column of numbers.
    private func expanded(_ text: String) -> String {
        text.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ")
    }
}

// MARK: - Registers and threads

extension CrashText {
    /// Four in a row; those that are zero in one line.
    private func registers(_ registers: [String: UInt64]) -> [String] {
        guard !registers.isEmpty else { return [] }
        let names = registers.keys.sorted { RegisterOrder.of($0) < RegisterOrder.of($1) }
        let set = names.filter { registers[$0] != 0 }
        let zero = names.filter { registers[$0] == 0 }
        var lines = ["", paint(.heading, "Registers")]
        for start in stride(from: 0, to: set.count, by: 4) {
            let row = set[start..<min(start + 4, set.count)].map { name in
                padded(name, 7) + padded(hexText(registers[name] ?? 0), 20)
            }
            lines.append("  " + paint(.faint, withoutTrailingBlanks(row.joined())))
        }
        if !zero.isEmpty { lines.append("  " + paint(.faint, "zero: \(zero.joined(separator: " "))")) }
        return lines
    }

    /// Threads that stand in the same place are told together, the largest group first.
    private var otherThreads: [String] {
        let others = crash.stacks.threads.dropFirst()
        guard !others.isEmpty else { return [] }
        var groups: [[ThreadRecord]] = []
        var places: [[FrameLook]: Int] = [:]
        for thread in others {
            let look = thread.stackTrace?.frames.map(FrameLook.init) ?? []
            // Without a stack each has a reason of its own.
            if !look.isEmpty, let group = places[look] {
                groups[group].append(thread)
            } else {
                places[look] = groups.count
                groups.append([thread])
            }
        }
        let sorted = groups.enumerated().sorted { left, right in
            (right.element.count, left.offset) < (left.element.count, right.offset)
        }
        let shown = sorted.prefix(Self.maximumGroups).flatMap { group($0.element) }
        let rest = sorted.dropFirst(Self.maximumGroups).reduce(0) { $0 + $1.element.count }
        return shown + (rest > 0 ? ["", paint(.faint, "… and \(count(rest, "thread")) in other places")] : [])
    }

    private static let maximumGroups = 16
    private static let framesOfOthers = 12

    private func group(_ threads: [ThreadRecord]) -> [String] {
        guard let first = threads.first else { return [] }
        let heading =
            threads.count == 1
            ? paint(.heading, threadName(first)) + paint(.faint, state(first))
            : paint(.heading, "\(count(threads.count, "thread")): ") + paint(.plain, members(threads))
        return ["", heading] + stack(first.stackTrace, showsSource: false, limit: Self.framesOfOthers)
    }

    /// `4243 worker, 4244 worker, … and 10 more`
    private func members(_ threads: [ThreadRecord]) -> String {
        let shown = threads.prefix(8).map { thread in "\(thread.id)" + (thread.name.map { " \($0)" } ?? "") }
        let rest = threads.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " … and \(rest) more" : "")
    }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private func milliseconds(_ nanoseconds: Int64) -> String {
        let tenths = (nanoseconds + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private func withoutTrailingBlanks(_ text: String) -> String {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}

/// What of a frame can be seen: frames that look alike are folded.
private struct FrameLook: Hashable {
    let function: String?
    let file: String?
    let line: Int?
    let address: UInt64?

    /// Where there is a name and a line, the address adds nothing to what is seen.
    init(_ frame: Frame) {
        function = frame.function
        file = frame.filename
        line = frame.line
        address = function != nil && line != nil ? nil : frame.instructionAddress
    }
}
