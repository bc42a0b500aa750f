// Starts the job: pipes first, then clone, and the job's ends closed on our side.

import LinuxSystem

/// The job, running, and the read ends of its pipes (non-blocking: those are ours, and the reporter's, alone).
package struct LaunchedJob {
    package var process: Int32
    package var output: FileDescriptor?
    package var error: FileDescriptor?
    /// The primary side of its pty.
    package var terminal: FileDescriptor?
}

package enum Launcher {
    /// Starts the job and returns once the program was executed.
    ///
    /// - Parameters:
    ///   - foregroundTerminal: made the job's own, where the job leads a group.
    ///   - session: the job's pty, which the job then starts at.
    ///   - tracer: traces the job from before its exec; at a pty, with `attend` called while the job starts.
    ///   - atGate: called with the job's process before it executes anything; `nil` lets it go straight on.
    /// - Throws: the errno of exec, or of a pipe that could not be made. No child is left behind.
    static func start(
        _ job: JobDescription, foregroundTerminal: ControllingTerminal? = nil, session: TerminalSession? = nil,
        tracer: Tracer? = nil, atGate: ((Int32) -> Void)? = nil, attend: () -> Void = {}
    ) throws(SystemError) -> LaunchedJob {
        guard let program = job.arguments[0] else { throw SystemError("exec", code: SystemError.noSuchFile) }
        let pipes = try JobPipes(for: job.streams)
        defer { pipes.closeWriteEnds() }

        var launch = ProcessLaunch(
            program: program, arguments: job.arguments, environment: job.environment, signals: job.signals)
        launch.descriptors = pipes.moves(for: job.streams)
        launch.ownGroup = job.ownGroup
        launch.shellFallback = true
        launch.foregroundTerminal = foregroundTerminal?.descriptor
        do throws(SystemError) {
            let process = try start(launch, at: session, tracer: tracer, atGate: atGate, attend: attend)
            return LaunchedJob(
                process: process, output: pipes.output?.readEnd, error: pipes.error?.readEnd,
                terminal: session?.output)
        } catch {
            pipes.closeReadEnds()
            throw error
        }
    }

    private static func start(
        _ launch: ProcessLaunch, at session: TerminalSession?, tracer: Tracer?, atGate: ((Int32) -> Void)?,
        attend: () -> Void
    ) throws(SystemError) -> Int32 {
        if let session { return try session.start(launch, tracer: tracer, atGate: atGate, attend: attend) }
        guard let tracer else {
            if let atGate { return try launch.startHeld(atGate: atGate) }
            return try launch.start()
        }
        let launched = try launch.startTraced(tracer.options, atGate: atGate)
        tracer.adopt(launched)
        return launched.process
    }
}

private struct JobPipes {
    private(set) var output: Pipe?
    private(set) var error: Pipe?

    init(for plan: StreamPlan) throws(SystemError) {
        do throws(SystemError) {
            if plan.output == .pipe { output = try Self.make() }
            if plan.error == .pipe { error = try Self.make() }
        } catch {
            closeReadEnds()
            closeWriteEnds()
            throw error
        }
    }

    /// The job's end must block; ours must not.
    private static func make() throws(SystemError) -> Pipe {
        let pipe = try Pipe()
        try pipe.readEnd.setNonBlocking(true)
        return pipe
    }

    func moves(for plan: StreamPlan) -> [DescriptorMove] {
        var moves: [DescriptorMove] = []
        if let output { moves.append(DescriptorMove(output.writeEnd, to: .standardOutput)) }
        if let end = plan.error == .withOutput ? output?.writeEnd : error?.writeEnd {
            moves.append(DescriptorMove(end, to: .standardError))
        }
        return moves
    }

    func closeReadEnds() {
        output?.readEnd.close()
        error?.readEnd.close()
    }

    func closeWriteEnds() {
        output?.writeEnd.close()
        error?.writeEnd.close()
    }
}
