// One reporter, from its start to its end, and the link to it.

import LinuxSystem
import SupervisorLink

/// A running reporter. Whatever it does or fails to do, no call here waits for it.
package final class ReporterProcess {
    package let process: Int32
    package let link: PacketSocket
    /// Packets that must arrive, oldest first, for which the socket had no room.
    private var unsent: [Unsent] = []
    private var isGone = false
    package private(set) var isClosed = false
    /// Messages that were dropped because the reporter did not read.
    package private(set) var droppedMessages = 0

    private struct Unsent {
        var packet: [UInt8]
        var descriptors: [FileDescriptor]

        func close() {
            for descriptor in descriptors { descriptor.close() }
        }
    }

    private init(process: Int32, link: PacketSocket) {
        self.process = process
        self.link = link
    }

    /// The descriptors that a reporter gets, beside the caller's own stdout and stderr.
    package struct Descriptors {
        package var copy: FileDescriptor?
        package var jobOutput: FileDescriptor?
        package var jobError: FileDescriptor?
    }

    /// Starts one with this process's own arguments after `supervise`, in this process's group, all signals blocked.
    ///
    /// `first` is sent before it starts, so that it finds its packets waiting.
    package static func start(
        _ program: ReporterProgram, arguments: RawWords, environment: RawWords, descriptors: Descriptors,
        first: [LinkMessage]
    ) throws(SystemError) -> ReporterProcess {
        let (ours, theirs) = try PacketSocket.pair()
        defer { theirs.descriptor.close() }
        do throws(SystemError) {
            for message in first { _ = try ours.send(message.encoded()) }
            let process = try launch(program, arguments, environment, descriptors, link: theirs)
            return ReporterProcess(process: process, link: ours)
        } catch {
            ours.descriptor.close()
            throw error
        }
    }

    private static func launch(
        _ program: ReporterProgram, _ arguments: RawWords, _ environment: RawWords, _ descriptors: Descriptors,
        link: PacketSocket
    ) throws(SystemError) -> Int32 {
        let null = try FileDescriptor.open("/dev/null", OpenFlags.readOnly)
        defer { null.close() }
        let words = makeRawWords([ReporterProgram.name, "supervise"], thenArgumentsOf: arguments)
        let path = makeRawWords([program.path])
        guard let file = path[0] else { throw SystemError("exec", code: SystemError.noSuchFile) }
        var launch = ProcessLaunch(program: file, arguments: words, environment: environment, signals: .allBlocked)
        launch.descriptors = [
            DescriptorMove(null, to: .standardInput), DescriptorMove(link.descriptor, to: LinkDescriptors.link),
            DescriptorMove(descriptors.copy, to: LinkDescriptors.copy),
            DescriptorMove(descriptors.jobOutput, to: LinkDescriptors.jobOutput),
            DescriptorMove(descriptors.jobError, to: LinkDescriptors.jobError),
        ]
        launch.closeFrom = LinkDescriptors.end
        return try launch.start()
    }

    // MARK: The link

    /// Whether packets wait for room, so that the link is to be watched for it.
    package var hasUnsent: Bool { !unsent.isEmpty }

    /// Sends a message. One that is not `essential` is dropped and counted where there is no room.
    ///
    /// - Parameter descriptors: go with it, and are closed here once they did, or the message was dropped.
    package func send(_ message: LinkMessage, with descriptors: [FileDescriptor] = []) {
        let unsent = Unsent(packet: message.encoded(), descriptors: descriptors)
        if !isGone, self.unsent.isEmpty, trySend(unsent) { return }
        guard !isGone, message.isEssential else {
            if !isGone { droppedMessages += 1 }
            return unsent.close()
        }
        self.unsent.append(unsent)
    }

    /// Sends what waits, as far as there is room.
    package func flush() {
        while let next = unsent.first, trySend(next) {
            if !unsent.isEmpty { unsent.removeFirst() }
        }
    }

    /// True when the packet needs no further attempt.
    private func trySend(_ next: Unsent) -> Bool {
        do throws(SystemError) {
            switch try link.send(next.packet, with: next.descriptors) {
            case .sent:
                next.close()
                return true
            case .full: return false
            case .gone: break
            }
        } catch {
            // A socket that cannot be written to is as good as closed: the reporter's end will be noticed by waiting.
        }
        next.close()
        giveUp()
        return true
    }

    private func giveUp() {
        isGone = true
        for waiting in unsent.dropFirst() { waiting.close() }
        unsent = []
    }

    package enum Incoming: Sendable, Equatable {
        case message(ReporterMessage)
        /// A packet this version does not understand; it is passed over.
        case foreign
        case nothing
        case end
    }

    package func receive() -> Incoming {
        do throws(SystemError) {
            switch try link.receive(capacity: maximumPacket) {
            case .nothing: return .nothing
            case .end: return .end
            case .packet(let packet, _):
                do throws(LinkError) { return .message(try ReporterMessage(packet: packet)) } catch { return .foreign }
            }
        } catch {
            return .end
        }
    }

    /// For a reporter that hangs. Its end arrives as any child's.
    package func kill() {
        do throws(SystemError) { try LinuxSystem.send(.kill, to: process) } catch {
            // ESRCH: it has just ended by itself.
        }
    }

    /// Closes the link; once.
    package func close() {
        if !isClosed { link.descriptor.close() }
        isClosed = true
        isGone = true
    }
}

extension LinkMessage {
    /// Whether the run's report is wrong without it. The others inform.
    package var isEssential: Bool {
        switch self {
        case .runStart, .jobStarted, .execFailed, .timeout, .jobExited, .closeStream, .snapshot, .tracing, .sampling,
            .samplingDescriptors:
            true
        case .signalForwarded, .signalSeen, .jobStopped, .jobContinued, .drainSignals, .processForked,
            .processExecuted, .processEnded:
            false
        }
    }
}
