// Which crashes are one issue.

import SentryProtocol

/// What an event with stacks is grouped by.
///
/// Where the crashed thread has named frames of the application, the server's own grouping does best: it goes by their
/// functions (the exception is `synthetic`, so neither the signal nor its title matter), knows about recursion, and follows
/// the rules that people set up in their project. Addresses it cannot use: they change from run to run. So a stack without
/// names is grouped by where its frames are in their files, which does not. Timeouts and hangs have a stack that is different
/// whenever it is taken: they are grouped by process.
package enum CrashGrouping {
    private static let framesThatCount = 5

    /// - Returns: empty to leave it to the server; `nil` where there is no stack to go by.
    package static func fingerprint(_ crash: ProcessCrash, _ stacks: CrashStacks, job: String) -> [String]? {
        switch crash.reason {
        case .hang: return ["sentry-run", job, "hang", crash.label]
        case .timeout, .timeoutKill: return ["sentry-run", job, "timed_out"]
        case .fatalSignal: break
        }
        // So is the stack of a process that a signal from elsewhere, or the end of its CPU time, hits.
        if crash.isSentByAnother || crash.signal == Signal.processorTime { return nil }
        let frames = stacks.subject?.stackTrace?.frames ?? []
        if frames.contains(where: { $0.inApp == true && $0.function != nil && isTrusted($0) }) { return [] }
        let places = places(frames.reversed(), stacks.images, isRecursion: crash.explanation?.kind == .stackOverflow)
        guard !places.isEmpty else { return nil }
        let process = crash.isJob ? [] : [crash.label]
        return ["sentry-run", job, "crashed"] + process + [SignalName.of(crash.signal)] + places
    }

    /// `module+0x1234` of the innermost frames: the application's where there are any.
    ///
    /// - Parameter isRecursion: a stack overflows wherever its end happens to be, so neither the order of the functions
    ///   that call each other nor their number says anything.
    private static func places(_ frames: [Frame], _ images: [DebugImage], isRecursion: Bool) -> [String] {
        let known = frames.filter(isTrusted).compactMap { frame -> (place: String, isInApp: Bool)? in
            place(frame, images).map { ($0, frame.inApp ?? false) }
        }
        let own = known.filter(\.isInApp)
        var places: [String] = []
        for entry in own.isEmpty ? known : own where !places.contains(entry.place) {
            places.append(entry.place)
            if places.count == framesThatCount { break }
        }
        return isRecursion ? places.sorted() : places
    }

    /// What was found by scanning the stack may be stale, and different the next time.
    private static func isTrusted(_ frame: Frame) -> Bool { frame.trust != "scan" }

    private static func place(_ frame: Frame, _ images: [DebugImage]) -> String? {
        guard let address = frame.instructionAddress, let image = images.image(at: address) else { return nil }
        return "\(image.codeFile.baseName)+\(hexText(address - image.address))"
    }
}

extension [DebugImage] {
    /// The file that is mapped at `address`.
    func image(at address: UInt64) -> DebugImage? {
        first { $0.address <= address && address - $0.address < $0.size }
    }
}
