// How a job would be profiled here.

import LinuxSystem
import RunOptions

/// Names what may take samples, and why not what may not. Fails only where that was asked for.
func profileCheck(_ plan: RunPlan, programs: [String]) -> DoctorCheck {
    let perf = perfSampling()
    let ptrace = ptraceSampling()
    let wanted = plan.profile?.source
    func verdict(_ works: Bool) -> DoctorCheck.Verdict { works ? .ok : plan.profile == nil ? .limited : .failed }

    guard programs.contains("sentry-run-profiler") else {
        return DoctorCheck(
            "profile", verdict(false), "sentry-run-profiler is not installed",
            try: "install the programs into one directory")
    }
    switch (wanted ?? .automatic, perf, ptrace) {
    case (.perf, .failure(let reason), _), (.automatic, .failure(let reason), .failure):
        return DoctorCheck("profile", verdict(false), "no samples by perf: \(reason.text)", try: perfAdvice)
    case (.ptrace, _, .failure(let reason)):
        return DoctorCheck(
            "profile", verdict(false), "no samples by ptrace: \(reason.text)", try: "see the ptrace check above")
    case (.ptrace, _, .success): return DoctorCheck("profile", .ok, "by ptrace, as asked for")
    case (_, .success(let what), _):
        let fallback = if case .success = ptrace { ", else by ptrace" } else { "" }
        return DoctorCheck("profile", .ok, "by perf: \(what)\(wanted == .perf ? "" : fallback)")
    case (.automatic, .failure(let reason), .success):
        return DoctorCheck("profile", .limited, "by ptrace; not by perf: \(reason.text)", try: perfAdvice)
    }
}

private let perfAdvice =
    "kernel.perf_event_paranoid=2 permits perf, or CAP_PERFMON; container runtimes deny it by a seccomp profile"

private struct Refusal: Error {
    var text: String
}

private func perfSampling() -> Result<String, Refusal> {
    do throws(PerfTaskError) {
        switch try PerfSampling.probe() {
        case .all: return .success("time in user mode and in the kernel")
        case .userOnly: return .success("time in user mode (in the kernel too at perf_event_paranoid 1)")
        }
    } catch {
        return .failure(Refusal(text: String(describing: error)))
    }
}

private func ptraceSampling() -> Result<Void, Refusal> {
    do throws(SystemError) {
        try SystemProbe.trace()
        return .success(())
    } catch {
        return .failure(Refusal(text: error.description))
    }
}
