// The profiler, as the reporter sees it: a program that reads samples, and answers with a profile.

import CrashReporting
import LinuxSystem
import SupervisorLink

/// Finds and starts `sentry-run-profiler`.
struct ProfilerProgram {
    private static let name = "sentry-run-profiler"
    /// With `--debug` it writes to our stderr.
    let keepsErrors: Bool

    /// Starts one, to which the descriptors are given.
    ///
    /// It gets no signal: what is typed at a terminal is meant for the job, and its end for us.
    func start(_ parameters: ProfilerParameters, _ descriptors: [FileDescriptor]) throws(SystemError) -> RunningProfiler
    {
        guard let path = siblingProgram(Self.name) else {
            throw SystemError("start", on: Self.name, code: SystemError.noSuchFile)
        }
        let (ours, theirs) = try PacketSocket.pair()
        defer { theirs.descriptor.close() }
        do throws(SystemError) {
            try Self.tell(ours, parameters, descriptors)
            return try RunningProfiler(process: try launch(path, link: theirs), link: ours)
        } catch {
            ours.descriptor.close()
            throw error
        }
    }

    /// Before it runs, so that it finds everything waiting.
    private static func tell(
        _ link: PacketSocket, _ parameters: ProfilerParameters, _ descriptors: [FileDescriptor]
    ) throws(SystemError) {
        var packets = [(packet: ProfilerMessage.start(parameters).encoded(), descriptors: [FileDescriptor]())]
        var rest = descriptors[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(mostDescriptorsInPacket))
            rest = rest.dropFirst(batch.count)
            packets.append((ProfilerMessage.descriptors(count: UInt32(batch.count)).encoded(), batch))
        }
        for next in packets where try link.send(next.packet, with: next.descriptors) != .sent {
            throw SystemError("send", on: name, code: SystemError.noBuffers)
        }
    }

    private func launch(_ path: String, link: PacketSocket) throws(SystemError) -> Int32 {
        let words = makeRawWords([path, "follow"])
        guard let program = words[0] else { throw SystemError("start", on: path, code: SystemError.noSuchFile) }
        let null = try FileDescriptor.open("/dev/null", OpenFlags.readWrite)
        defer { null.close() }
        var launch = ProcessLaunch(
            program: program, arguments: words, environment: rawEnvironment(), signals: .allBlocked)
        launch.descriptors = [
            DescriptorMove(null, to: .standardInput), DescriptorMove(null, to: .standardOutput),
            DescriptorMove(keepsErrors ? .standardError : null, to: .standardError),
            DescriptorMove(link.descriptor, to: ProfilerDescriptors.link),
        ]
        launch.closeFrom = ProfilerDescriptors.end
        return try launch.start()
    }
}

/// A profiler at work. The end of its link ends it.
struct RunningProfiler {
    let process: Int32
    let link: PacketSocket
    /// Readable once it has ended.
    let end: FileDescriptor

    init(process: Int32, link: PacketSocket) throws(SystemError) {
        self.process = process
        self.link = link
        end = try DetachedProgram.end(of: process)
    }

    /// Whether it could be told.
    func send(_ message: ProfilerMessage) -> Bool { (try? link.send(message.encoded())) == .sent }

    func kill() {
        do throws(SystemError) { try LinuxSystem.send(.kill, to: process) } catch {
            // ESRCH: it has just ended by itself.
        }
    }

    /// It has ended.
    func reap() -> WaitStatus? {
        defer {
            end.close()
            link.descriptor.close()
        }
        return (try? ChildChange.waitForEnd(of: process))?.status
    }
}

/// Why there is no profile.
enum ProfilerFailure: Error, CustomStringConvertible {
    /// Nothing that takes samples is permitted.
    case notSampled(String)
    /// The supervisor did not say where samples are.
    case notOffered
    case notStarted(SystemError)
    case ended(WaitStatus?)
    case failed(String)
    case noTime

    var description: String {
        switch self {
        case .notSampled(let reason): reason.isEmpty ? "nothing here may take samples" : reason
        case .notOffered: "the job ended before its samples could be read"
        case .notStarted(let error): "the profiler could not be started: \(error)"
        case .failed(let reason): reason
        case .ended(.killed(let signal, _)): "the profiler was ended by \(SignalName.of(signal.number))"
        case .ended(.exited(let code)): "the profiler ended with status \(code)"
        case .ended: "the profiler was lost"
        case .noTime: "the profiler did not answer in time"
        }
    }
}
