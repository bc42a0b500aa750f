// Events that the server takes: what a process of a thousand threads has to say is too much.

import SentryProtocol

/// Cuts the stacks of an event to what fits, the least telling first.
enum EventSize {
    /// Relay takes 1 MiB (protocol reference 2.5); what is added later (breadcrumbs, host) needs room too.
    static let maximum = 900 << 10
    /// The server keeps as many frames of a stack, the oldest 50 and the newest 200.
    static let oldestFrames = 50
    static let newestFrames = 200
    static let maximumThreads = 256

    /// - Returns: sentences about what was left out.
    static func fit(_ event: inout Event, limit: Int = maximum) -> [String] {
        var notes = event.capFrames()
        let steps: [(note: String, cut: (inout Event) -> Void)] = [
            ("source lines of other threads", { $0.mapOtherThreads(EventSize.withoutSource) }),
            ("all but 64 frames of each other thread", { $0.mapOtherThreads { capped($0, oldest: 16, newest: 48) } }),
            ("threads beyond \(maximumThreads)", { $0.threads = Array($0.threads.prefix(maximumThreads)) }),
            ("all but 16 frames of each other thread", { $0.mapOtherThreads { capped($0, oldest: 4, newest: 12) } }),
            ("images that no frame lies in", { $0.dropUnusedImages() }),
            ("all but 6 frames of each other thread", { $0.mapOtherThreads { capped($0, oldest: 2, newest: 4) } }),
            ("threads beyond 64", { $0.threads = Array($0.threads.prefix(64)) }),
            ("source lines", { event in event.mapExceptions(EventSize.withoutSource) }),
            ("the stacks of other threads", { $0.mapOtherThreads { _ in nil } }),
            ("all but 80 frames", { event in event.mapExceptions { capped($0, oldest: 20, newest: 60) } }),
        ]
        var size = event.stacksWireSize
        for step in steps where size > limit {
            step.cut(&event)
            let smaller = event.stacksWireSize
            if smaller < size { notes.append("left out to keep the event small: \(step.note)") }
            size = smaller
        }
        return notes
    }

    static func withoutSource(_ trace: StackTrace) -> StackTrace? {
        var trace = trace
        for index in trace.frames.indices {
            trace.frames[index].contextLine = nil
            trace.frames[index].preContext = []
            trace.frames[index].postContext = []
        }
        return trace
    }

    /// Without the middle.
    static func capped(_ trace: StackTrace, oldest: Int, newest: Int) -> StackTrace {
        guard trace.frames.count > oldest + newest else { return trace }
        var trace = trace
        trace.frames = Array(trace.frames.prefix(oldest) + trace.frames.suffix(newest))
        return trace
    }
}

extension Event {
    fileprivate mutating func capFrames() -> [String] {
        var most = 0
        let cap = { (trace: StackTrace) -> StackTrace? in
            most = max(most, trace.frames.count)
            return EventSize.capped(trace, oldest: EventSize.oldestFrames, newest: EventSize.newestFrames)
        }
        mapExceptions(cap)
        mapOtherThreads(cap)
        let kept = EventSize.oldestFrames + EventSize.newestFrames
        return most > kept ? ["of \(most) frames the oldest 50 and the newest 200 are kept"] : []
    }

    fileprivate mutating func mapExceptions(_ change: (StackTrace) -> StackTrace?) {
        for index in exceptions.indices { exceptions[index].stackTrace = exceptions[index].stackTrace.flatMap(change) }
    }

    fileprivate mutating func mapOtherThreads(_ change: (StackTrace) -> StackTrace?) {
        for index in threads.indices { threads[index].stackTrace = threads[index].stackTrace.flatMap(change) }
    }

    fileprivate mutating func dropUnusedImages() {
        let traces = exceptions.compactMap(\.stackTrace) + threads.compactMap(\.stackTrace)
        let addresses = traces.flatMap { $0.frames.compactMap(\.instructionAddress) }
        debugImages.removeAll { image in
            !addresses.contains { $0 >= image.address && $0 - image.address < image.size }
        }
    }
}
