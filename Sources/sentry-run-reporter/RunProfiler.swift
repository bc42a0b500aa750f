// The samples' way from the supervisor to the profiler of a run, and what comes back.

import LinuxSystem
import SupervisorLink

/// Starts the profiler once it is known where samples are read from, and takes its answers. Whatever becomes of it, the run's
/// report goes on: ``result`` says it.
final class RunProfiler {
    /// What others do for it.
    struct Surroundings {
        /// A descriptor is to be watched: ``receive()`` when the link is readable, ``profilerEnded()`` when the end is.
        var watch: (FileDescriptor, Role) -> Void
        var unwatch: (FileDescriptor) -> Void
        /// A chunk of a long run, as soon as it is there.
        var chunk: (ProfilePiece, [UInt8]) -> Void
        /// Nobody reads samples any more.
        var abandoned: () -> Void
    }

    enum Role {
        case link
        case end
    }

    private enum State {
        /// Where samples are read from is not known yet.
        case awaited
        case gathering(SamplingState)
        case running(RunningProfiler)
        case over
    }

    private let program: ProfilerProgram
    private let surroundings: Surroundings
    /// All but what the supervisor will say.
    private let parameters: (SamplingState) -> ProfilerParameters?
    private var state = State.awaited
    private var descriptors: [FileDescriptor] = []
    private var announced: UInt32 = 0
    private var job: Int32?
    private var deadline: MonotonicTime?
    private var hearsLink = false

    /// What the supervisor said of the way in which samples are taken; may be empty.
    private(set) var remark = ""
    /// The profile of a short run, and its JSON.
    private(set) var whole: (piece: ProfilePiece, json: [UInt8])?
    /// `nil` while it is awaited.
    private(set) var result: Result<ProfileOutcome, ProfilerFailure>?

    /// Larger profiles are refused by servers.
    private static let mostBytes = 50 << 20
    /// Beyond the time that the profiler was given.
    private static let graceTime: Int64 = 1_000_000_000

    init(
        _ program: ProfilerProgram, parameters: @escaping (SamplingState) -> ProfilerParameters?,
        surroundings: Surroundings
    ) {
        self.program = program
        self.parameters = parameters
        self.surroundings = surroundings
    }

    var isDone: Bool { result != nil }

    /// When ``killOverdue(_:)`` has something to do.
    var nextDeadline: MonotonicTime? { isDone ? nil : deadline }

    // MARK: What the supervisor says

    func jobStarted(_ process: Int32) {
        job = process
        if case .running(let profiler) = state { tell(profiler, .jobStarted(pid: process)) }
    }

    func sampled(_ sampling: SamplingState) {
        guard case .awaited = state else { return }
        guard sampling.source != nil else { return fail(.notSampled(sampling.detail)) }
        remark = sampling.detail
        state = .gathering(sampling)
        startIfComplete()
    }

    /// - Parameter count: how many were sent. They are this object's from here on.
    func take(_ received: [FileDescriptor], of count: UInt32) {
        descriptors += received
        announced = announced &+ count
        startIfComplete()
    }

    private func startIfComplete() {
        guard case .gathering(let sampling) = state, announced >= sampling.descriptors else { return }
        defer { closeDescriptors() }
        do throws(SystemError) {
            guard descriptors.count == Int(sampling.descriptors), let parameters = parameters(sampling) else {
                return fail(.notOffered)
            }
            let profiler = try program.start(parameters, descriptors)
            state = .running(profiler)
            surroundings.watch(profiler.link.descriptor, .link)
            surroundings.watch(profiler.end, .end)
            hearsLink = true
            if let job { tell(profiler, .jobStarted(pid: job)) }
        } catch {
            fail(.notStarted(error))
        }
    }

    private func closeDescriptors() {
        for descriptor in descriptors { descriptor.close() }
        descriptors = []
    }

    /// One that does not read hangs; that is dealt with at the run's end.
    private func tell(_ profiler: RunningProfiler, _ message: ProfilerMessage) { _ = profiler.send(message) }

    // MARK: The end

    /// The job has ended.
    ///
    /// - Parameter time: for the profiler to answer, in nanoseconds.
    func finish(within time: Int64) {
        switch state {
        case .awaited, .gathering: fail(.notOffered)
        case .running(let profiler):
            guard deadline == nil else { return }
            deadline = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds + time + Self.graceTime)
            tell(profiler, .finish(milliseconds: UInt32(clamping: time / 1_000_000)))
        case .over: break
        }
    }

    func killOverdue(_ now: MonotonicTime) {
        guard let deadline, deadline <= now, !isDone else { return }
        if case .running(let profiler) = state { profiler.kill() }
        result = .failure(.noTime)
    }

    private func fail(_ failure: ProfilerFailure) {
        state = .over
        closeDescriptors()
        if result == nil { result = .failure(failure) }
        surroundings.abandoned()
    }

    // MARK: What the profiler says

    func receive() {
        guard case .running(let profiler) = state else { return }
        while hearsLink {
            do throws(SystemError) {
                switch try profiler.link.receive(capacity: maximumProfilerPacket) {
                case .packet(let packet, let files): take(packet, files)
                case .nothing: return
                case .end: stopHearing(profiler)
                }
            } catch {
                stopHearing(profiler)
            }
        }
    }

    private func stopHearing(_ profiler: RunningProfiler) {
        hearsLink = false
        surroundings.unwatch(profiler.link.descriptor)
    }

    private func take(_ packet: [UInt8], _ files: [FileDescriptor]) {
        defer { for file in files { file.close() } }
        guard let answer = try? ProfilerAnswer(packet: packet), !isDone else { return }
        switch answer {
        case .chunk(let piece):
            if let json = Self.json(files) { surroundings.chunk(piece, json) }
        case .profile(let piece):
            if let json = Self.json(files) { whole = (piece, json) }
        case .done(let outcome): result = .success(outcome)
        case .failed(let reason):
            result = .failure(.failed(reason))
            surroundings.abandoned()
        }
    }

    private static func json(_ files: [FileDescriptor]) -> [UInt8]? {
        guard let file = files.first, let mapped = try? MappedFile(file), mapped.bytes.count <= mostBytes,
            mapped.bytes.first == UInt8(ascii: "{"), mapped.bytes.last == UInt8(ascii: "}")
        else { return nil }
        return Array(mapped.bytes)
    }

    func profilerEnded() {
        guard case .running(let profiler) = state else { return }
        receive()
        if hearsLink { stopHearing(profiler) }
        surroundings.unwatch(profiler.end)
        let status = profiler.reap()
        if result == nil { fail(.ended(status)) } else { state = .over }
    }
}
