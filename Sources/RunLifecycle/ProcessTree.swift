// The job's programs as spans, out of fork, exec and exit records.

import SentryProtocol

/// Follows the processes that descend from the job's first one. Every program that one of them executes is a span, whose
/// parent is the nearest ancestor's program; a process that only forked has none of its own.
///
/// Records may come slightly out of order: they are held back for ``reorderWindow`` (or until there are too many) and
/// applied by time. The first exec of the root is the job itself, whose span is the transaction.
package struct ProcessTree: Sendable {
    package struct Spans: Sendable, Equatable {
        /// By start.
        package var spans: [Span]
        /// Programs that have no span because there were too many.
        package var leftOut: Int

        package static let none = Spans(spans: [], leftOut: 0)
    }

    /// The most spans that are kept by default.
    package static let defaultLimit = 500
    /// One second, in nanoseconds: far more than two CPUs' buffers are apart.
    static let reorderWindow: Int64 = 1_000_000_000
    /// A fork bomb does not grow us: further processes are not followed.
    static let maxProcesses = 16384
    private static let batch = 512

    private let identity: RunIdentity
    private let root: Int32
    private var processes: [Int32: Process]
    private var store: SpanStore
    private var held: [ProcessEvent] = []
    /// So many are held when it is worth looking again: to sort them at every record would cost more than all the rest.
    private var heldBeforeApplying = Self.batch

    /// - Parameters:
    ///   - rootSpan: The run's own span.
    ///   - limit: Of spans: the first fifth of them, and of the rest the longest.
    package init(identity: RunIdentity, root: Int32, rootSpan: SpanID, limit: Int = Self.defaultLimit) {
        self.identity = identity
        self.root = root
        store = SpanStore(limit: limit)
        processes = [root: Process(parentSpan: rootSpan, isJob: true)]
    }

    /// Takes in one record. Those of processes outside of the job are ignored.
    package mutating func apply(_ event: ProcessEvent) {
        held.append(event)
        if held.count >= heldBeforeApplying { applyHeld(keepingBack: true) }
    }

    /// Closes what still runs, and says everything.
    package mutating func finish(at end: Timestamp) -> Spans {
        applyHeld(keepingBack: false)
        for process in processes.values {
            if let span = process.span { store.add(span.closed(at: end, status: nil)) }
        }
        processes = [:]
        store.prune(to: store.limit)
        let inOrder = store.spans.sorted { ($0.start, $0.id.description) < ($1.start, $1.id.description) }
        return Spans(spans: inOrder, leftOut: store.leftOut)
    }

    private mutating func applyHeld(keepingBack: Bool) {
        held.sort(by: ProcessEvent.happensBefore)
        var ready = held.count
        if keepingBack, let newest = held.last?.time {
            let border = newest.advanced(byNanoseconds: -Self.reorderWindow)
            ready = held.firstIndex { $0.time >= border } ?? held.count
            // A flood: time order among this many is good enough.
            if held.count - ready > 8 * Self.batch { ready = held.count - Self.batch }
        }
        for event in held[..<ready] { advance(event) }
        held.removeFirst(ready)
        heldBeforeApplying = held.count + Self.batch
        if store.isOverfull { pruneStore() }
    }

    private mutating func advance(_ event: ProcessEvent) {
        switch event {
        case .fork(let parent, let child, let time): fork(parent, child, time)
        case .exec(let pid, let name, let path, let arguments, let time):
            exec(pid, arguments?.joined(separator: " ") ?? path ?? name, name, time)
        case .exit(let pid, let time, let status):
            guard let process = processes.removeValue(forKey: pid) else { return }
            if let span = process.span { store.add(span.closed(at: time, status: status)) }
        }
    }

    private mutating func fork(_ parent: Int32, _ child: Int32, _ time: Timestamp) {
        guard parent != child, let process = processes[parent] else { return }
        // The pid is in use again: its exit was missed.
        if let old = processes.removeValue(forKey: child)?.span { store.add(old.closed(at: time, status: nil)) }
        guard processes.count < Self.maxProcesses else { return }
        processes[child] = Process(parentSpan: process.span?.id ?? process.parentSpan)
    }

    private mutating func exec(_ pid: Int32, _ description: String, _ name: String, _ time: Timestamp) {
        guard var process = processes[pid] else { return }
        defer { processes[pid] = process }
        if process.isJob {
            process.isJob = false
            return
        }
        if let old = process.span { store.add(old.closed(at: time, status: nil)) }
        process.span = Span(
            id: identity.spanID(for: pid, start: time), parentID: process.parentSpan, operation: "process.exec",
            description: capped(description.isEmpty ? name : description, 512), start: time, end: time,
            origin: "auto.process.exec",
            data: ["process.pid": .integer(Int64(pid)), "process.executable.name": .string(name)])
    }

    /// What hung on a span that goes now hangs on its nearest ancestor that stays.
    private mutating func pruneStore() {
        let adopt = store.prune(to: store.limit)
        for pid in processes.keys { processes[pid]?.adopt(adopt) }
    }
}

/// A process of the job that is alive.
private struct Process: Sendable {
    /// The nearest ancestor's program.
    var parentSpan: SpanID
    /// It is the job's first process, before its first exec.
    var isJob = false
    /// The program it executes, `nil` for a mere fork.
    var span: Span?

    mutating func adopt(_ adopt: (SpanID) -> SpanID) {
        parentSpan = adopt(parentSpan)
        if let parent = span?.parentID { span?.parentID = adopt(parent) }
    }
}

extension Span {
    fileprivate func closed(at end: Timestamp, status: Int32?) -> Span {
        var span = self
        span.end = max(span.start, end)
        guard let status else { return span }
        if status & 0x7F != 0 {
            span.status = .aborted
            span.data["process.exit_signal"] = .integer(Int64(status & 0x7F))
        } else {
            span.status = status >> 8 & 0xFF == 0 ? .ok : .internalError
            span.data["process.exit_code"] = .integer(Int64(status >> 8 & 0xFF))
        }
        return span
    }
}

/// The spans that are over: the first ones, and the longest of the others.
private struct SpanStore: Sendable {
    let limit: Int
    private(set) var spans: [Span] = []
    private(set) var leftOut = 0
    /// Kept for being early: the shape of the beginning is what tells runs apart.
    private var firstIDs: Set<SpanID> = []

    init(limit: Int) { self.limit = max(0, limit) }

    var isOverfull: Bool { spans.count > 2 * limit }

    mutating func add(_ span: Span) { spans.append(span) }

    /// Drops the shortest, and tells where their children belong.
    @discardableResult
    mutating func prune(to count: Int) -> (SpanID) -> SpanID {
        guard spans.count > count else { return { $0 } }
        spans.sort { $0.start < $1.start }
        for span in spans where firstIDs.count < limit / 5 { firstIDs.insert(span.id) }
        let byWorth = spans.sorted { left, right in
            let (isLeftFirst, isRightFirst) = (firstIDs.contains(left.id), firstIDs.contains(right.id))
            guard isLeftFirst == isRightFirst else { return isLeftFirst }
            return left.length == right.length ? left.start < right.start : left.length > right.length
        }
        leftOut += spans.count - count
        let parents = Dictionary(byWorth[count...].map { ($0.id, $0.parentID) }) { $1 }
        let adopt = { (id: SpanID) in
            var id = id
            // Every step goes to one that began before; counted, because times are the kernel's word and not ours.
            for _ in 0..<parents.count {
                guard let parent = parents[id] else { break }
                id = parent
            }
            return id
        }
        spans = Array(byWorth[..<count])
        for index in spans.indices { spans[index].parentID = adopt(spans[index].parentID) }
        return adopt
    }
}

extension Span {
    fileprivate var length: Int64 { end.nanoseconds - start.nanoseconds }
}
