// Logs on their way through the user's command: one batch at a time, the run's own work goes on meanwhile.

import LinuxSystem
import OutputCapture
import RunOptions
import SentryProtocol
import Spool

/// A bounded queue of log containers before one command. What is in it is on disk as well, where there is one: when we are
/// killed, whoever takes our place asks the command once more.
final class LogHook {
    private let command: HookCommand
    private let hooks: RunHooks
    private let failure: RunPlan.HookFailure
    private let send: (EnvelopeItem) -> Void
    private var store: WaitingItems?
    private var waiting: [Waiting] = []
    private var running: (run: HookRun, item: Waiting)?
    /// Readable when ``proceed()`` has something to do; the descriptor stays the same.
    private let readiness: EventPoll

    /// A container, and its place on disk.
    private struct Waiting {
        let item: EnvelopeItem
        let stored: WaitingItems.Item?
    }

    /// Containers of at most 100 records each.
    private static let mostWaiting = 32

    /// `nil` where there is no command, or nothing to watch it with.
    ///
    /// - Parameters:
    ///   - store: makes the place on disk for what waits; called where there is a command only.
    ///   - send: called with each container that is to be sent.
    init?(
        _ plan: RunPlan, run: String, hooks: RunHooks, store: (() -> WaitingItems?)?,
        send: @escaping (EnvelopeItem) -> Void
    ) {
        guard let line = plan.beforeSendLog, let readiness = try? EventPoll() else { return nil }
        self.store = store?()
        command = HookCommand(
            line, option: "--before-send-log", timeout: plan.hookTimeout, keepsErrors: plan.debug, run: run)
        failure = plan.hookFailure
        self.readiness = readiness
        self.hooks = hooks
        self.send = send
    }

    var descriptor: FileDescriptor { readiness.descriptor }

    var nextDeadline: MonotonicTime? { running?.run.deadline }

    /// - Parameter item: a container without secrets.
    func accept(_ item: EnvelopeItem) {
        guard waiting.count < Self.mostWaiting else { return overflow(item) }
        // A disk that is full is said elsewhere: then it waits in memory only.
        let stored = try? store?.add(item.payload, count: item.itemCount ?? 1)
        waiting.append(Waiting(item: item, stored: stored))
        startNext()
    }

    /// Takes what another reporter of this run had waiting when it died.
    func resume() {
        for (stored, payload) in (try? store?.all()) ?? [] {
            let item = EnvelopeItem(logs: payload, count: stored.count)
            waiting.append(Waiting(item: item, stored: stored))
        }
        startNext()
    }

    /// Takes the command's answer, if it is there.
    func proceed() {
        guard let (run, item) = running, let answer = run.proceed() else { return }
        running = nil
        conclude(command.noted(answer), item)
        startNext()
    }

    /// The run is over: what has not passed by then is treated as if the command had failed.
    func finish(by deadline: MonotonicTime) {
        while running != nil || !waiting.isEmpty, MonotonicTime.now < deadline {
            let until = min(deadline, running?.run.deadline ?? deadline)
            let left = max(0, until.since(.now))
            waitUntilReadable(descriptor, milliseconds: Int32(clamping: left / 1_000_000 + 1))
            proceed()
        }
        if let (run, item) = running {
            run.abandon()
            running = nil
            fail(item, "it took too long and was ended")
        }
        for item in waiting { fail(item, "there was no time for it at the end of the run") }
        waiting = []
    }

    /// Nobody need ask again.
    private func settle(_ waiting: Waiting) {
        if let stored = waiting.stored { store?.remove(stored) }
    }

    private func startNext() {
        while running == nil, !waiting.isEmpty {
            let item = waiting.removeFirst()
            guard let lines = Self.lines(of: item.item) else {
                fail(item, "its input could not be made")
                continue
            }
            switch command.start(lines) {
            case .failure(let failure): fail(item, failure.clause)
            case .success(let run):
                running = (run, item)
                do throws(SystemError) {
                    try readiness.add(run.readiness.descriptor, .readable, token: 0)
                } catch {
                    // Its deadline will come.
                }
            }
        }
    }

    private func conclude(_ answer: HookAnswer, _ waiting: Waiting) {
        switch answer {
        case .failed(let reason): fail(waiting, reason)
        case .printed(let bytes):
            let item = waiting.item
            let before = item.itemCount ?? 1
            guard let entries = Self.entries(bytes), entries.count <= before else {
                return fail(waiting, "it did not print a JSON object for each log that it was given, or for fewer")
            }
            let payload = Array(#"{"items":["#.utf8) + Array(entries.joined(separator: [0x2C])) + Array("]}".utf8)
            let bytesLost = max(0, item.payload.count - payload.count)
            if entries.count < before { hooks.add(.beforeSend, logs: before - entries.count, bytes: bytesLost) }
            if !entries.isEmpty {
                var passed = item
                passed.payload = payload
                passed.itemCount = entries.count
                send(passed)
            }
            settle(waiting)
        }
    }

    private func fail(_ waiting: Waiting, _ reason: String) {
        hooks.note(command, reason)
        defer { settle(waiting) }
        let item = waiting.item
        if failure == .keep { return send(item) }
        hooks.add(.beforeSend, logs: item.itemCount ?? 1, bytes: item.payload.count)
    }

    private func overflow(_ item: EnvelopeItem) {
        hooks.note(command, "logs came faster than it takes them")
        if failure == .keep { return send(item) }
        hooks.add(.queueOverflow, logs: item.itemCount ?? 1, bytes: item.payload.count)
    }

    /// One entry a line.
    private static func lines(of item: EnvelopeItem) -> [UInt8]? {
        guard let entries = (try? JSONValue(parsing: item.payload))?["items"]?.array else { return nil }
        return entries.flatMap { $0.jsonBytes + [0x0A] }
    }

    /// `nil` unless each line is an object with a body.
    private static func entries(_ printed: [UInt8]) -> [[UInt8]]? {
        var entries: [[UInt8]] = []
        for line in printed.split(separator: 0x0A) where line.contains(where: { $0 > 0x20 }) {
            guard let entry = try? JSONValue(parsing: line), entry["body"]?.string != nil else { return nil }
            entries.append(entry.jsonBytes)
        }
        return entries
    }
}
