// From the options of a run to its supervision, and out again with the job's status.

import JobControl
import LinuxSystem
import RunLifecycle
import RunOptions

/// Runs the job that the plan names and ends as it ended.
func supervise(_ plan: RunPlan, arguments: RawWords) -> Never {
    let signals = CallerSignals.block()
    let job = arguments + plan.commandIndex
    do throws(SystemError) {
        let supervision = try supervisionPlan(plan, arguments: arguments, signals: signals)
        switch Supervisor.run(supervision) {
        case .ended(let status):
            ExitMirror.decide(
                status, shellStyle: plan.exitStyle == .shell, isInit: ProcessIdentity.process == 1
            ).perform()
        case .notStarted(let failure): exitNow(failure.exitCode)
        case .impossible(let error): throw error
        }
    } catch {
        writeToStandardError("sentry-run: the job runs without supervision: \(error)")
        signals.restore()
        executeInPlace(job)
    }
}

/// The job as if we had never been: our trouble is not its trouble.
private func executeInPlace(_ job: RawWords) -> Never {
    let name = job[0].map { String(cString: $0) } ?? ""
    let code = replaceProcess(by: job, environment: rawEnvironment())
    let failure = ExecFailure.explain(program: name, errno: code, searchPath: environmentValue("PATH"))
    writeToStandardError("sentry-run: \(failure.message)")
    exitNow(failure.exitCode)
}

private func supervisionPlan(
    _ plan: RunPlan, arguments: RawWords, signals: CallerSignals
) throws(SystemError) -> SupervisionPlan {
    let closed = try ClosedDescriptors.occupy()
    if !plan.quiet { plan.problems.forEach { writeToStandardError("sentry-run: \($0)") } }
    let reporter = findReporter(quiet: plan.quiet)
    let random = try randomBytes(48)
    let trace = TraceContext.start(
        environment: environmentValue, settings: plan.traceSettings, random: Array(random.dropFirst(16)))

    // A job that is only profiled keeps its own descriptors, and nobody is told of it.
    let isReported = plan.profile?.isLocal != true
    let captures = isReported && reporter != nil
    let terminal = captures ? terminalPlan(plan.terminal) : nil
    var job = JobDescription(
        arguments: arguments + plan.commandIndex,
        environment: rawEnvironment(
            rawEnvironment(), replacing: isReported ? jobEnvironment(plan, trace: trace) : []),
        streams: .decide(.current(closed: closed), captures: captures, terminal: terminal), signals: signals)
    job.ownGroup = plan.killGroup
    job.terminal = terminal

    var supervision = SupervisionPlan(
        job: job, identity: LinkIdentity(seed: Array(random.prefix(16)), trace: trace), ownArguments: arguments,
        ownEnvironment: rawEnvironment(),
        reporter: reporter)
    supervision.timeout = plan.timeout
    supervision.killAfter = plan.killAfter
    supervision.subreaper = plan.subreaper
    supervision.quiet = plan.quiet
    supervision.tracing = TracePlan(plan)
    supervision.profiling = plan.profileUse(seed: supervision.identity.seed, trace).map { ProfilingPlan($0.plan) }
    supervision.symbolicationTime = plan.symbolicationTimeout
    supervision.deliveryWait = ExitSurroundings.current().exitEndsEverything ? plan.flushTimeout : nil
    return supervision
}

private func findReporter(quiet: Bool) -> ReporterProgram? {
    let reporter = ReporterProgram.find()
    if reporter == nil, !quiet {
        writeToStandardError("sentry-run: \(ReporterProgram.name) is not installed beside it: nothing is reported")
    }
    return reporter
}

private func terminalPlan(_ mode: RunPlan.TerminalMode) -> TerminalPlan? {
    switch mode {
    case .automatic: TerminalPlan.decide(.current())
    case .never: nil
    }
}

private func jobEnvironment(_ plan: RunPlan, trace: TraceContext) -> [(key: String, value: String)] {
    guard let monitor = plan.monitor else { return trace.jobEnvironment }
    return trace.jobEnvironment + [(key: "SENTRY_MONITOR_SLUG", value: monitor.slug)]
}

extension LinkIdentity {
    fileprivate init(seed: [UInt8], trace: TraceContext) {
        self.init(
            seed: seed, traceID: trace.traceID.bytes, spanID: trace.spanID.bytes,
            sampleRandMillionths: trace.sampleRandMillionths)
    }
}

extension TracePlan {
    fileprivate init(_ plan: RunPlan) {
        let mode: Mode =
            switch plan.tracing {
            case .automatic: .automatic
            case .tree: .tree
            case .main: .main
            case .off: .off
            }
        self.init(
            mode: mode, budget: plan.traceBudget, hangTimeout: plan.hangTimeout,
            tellsProcesses: plan.tracesSampleRate != nil)
    }
}

extension ProfilingPlan {
    fileprivate init(_ plan: ProfilePlan) {
        let source: Source =
            switch plan.source {
            case .automatic: .automatic
            case .perf: .perf
            case .ptrace: .ptrace
            }
        self.init(source: source, frequency: plan.frequency, budget: plan.budget, mayTrace: plan.isLocal)
    }
}
