// `sentry-run doctor [options] [--json]`: what would work here, and what to try where it would not.

import Delivery
import LinuxSystem
import RunOptions
import SentryProtocol
import Spool

/// - Returns: 0, or 1 when something that was asked for will not work.
func examine(_ plan: RunPlan, json: Bool) -> Int32 {
    let checks =
        [programVersionCheck()] + plan.problems.map { DoctorCheck("options", .failed, $0) } + destinationChecks(plan)
        + stateChecks(stateDirectory(plan)) + hostChecks(plan)
    if json {
        say(String(decoding: JSONValue.array(checks.map(\.json)).jsonBytes, as: UTF8.self) + "\n", on: .standardOutput)
    } else {
        say(checks.map { $0.line + "\n" }.joined(), on: .standardOutput)
    }
    return checks.contains { $0.verdict == .failed } ? 1 : 0
}

private func programVersionCheck() -> DoctorCheck {
    let libraries = CurlTransport.version.split(separator: " ").prefix(2).joined(separator: " ")
    let version = "sentry-run \(SDKInfo.current.version)"
    let features = "\(machineName()), \(libraries)"
    guard let here = ProcessIdentity.executablePath?.split(separator: "/").dropLast().joined(separator: "/") else {
        return DoctorCheck("version", .limited, "\(version), \(features); /proc is not there")
    }
    let installed = installedPrograms()
    let missing = ["sentry-run", "sentry-run-reporter"].filter { !installed.contains($0) }
    guard missing.isEmpty else {
        return DoctorCheck(
            "version", .failed, "\(missing.joined(separator: " and ")) not found in /\(here)",
            try: "install the programs into one directory")
    }
    return DoctorCheck("version", .ok, "\(version), \(features)")
}

/// Of our programs, those that are beside this one.
func installedPrograms() -> [String] {
    let here = ProcessIdentity.executablePath?.split(separator: "/").dropLast().joined(separator: "/") ?? ""
    return ["sentry-run", "sentry-run-reporter", "sentry-run-backtracer", "sentry-run-profiler"].filter {
        isExecutable("/\(here)/\($0)")
    }
}

// MARK: - Where reports go

private func destinationChecks(_ plan: RunPlan) -> [DoctorCheck] {
    guard let dsn = plan.dsn else {
        return [
            DoctorCheck("dsn", .limited, "none: reports are kept here", try: "set SENTRY_DSN or --dsn to send them")
        ]
    }
    return [DoctorCheck("dsn", .ok, dsn.redacted), serverCheck(dsn)]
}

/// One round trip: an envelope without items, which a server takes and forgets.
private func serverCheck(_ dsn: DSN) -> DoctorCheck {
    do throws(TransportError) {
        let empty = StoredEnvelope(to: dsn, at: Timestamp(nanoseconds: wallClockNanoseconds()), items: [])
        var request = EnvelopeRequest.make(empty.encoded(), to: dsn)
        request.timeouts = TransportTimeouts(connect: 5000, total: 10000)
        return judge(try CurlTransport(certificates: certificates()).send(request), dsn)
    } catch {
        return DoctorCheck(
            "server", .failed, "\(dsn.origin): \(error)",
            try: "check host, port, proxy variables and certificates (SSL_CERT_FILE); reports wait in the spool")
    }
}

private func judge(_ response: TransportResponse, _ dsn: DSN) -> DoctorCheck {
    let duration = "\(max(1, response.duration / 1_000_000)) ms"
    let way = "HTTP/\(response.httpVersion)\(dsn.scheme == .https ? " over TLS" : "")"
    var limits = RateLimits()
    let now = Timestamp(nanoseconds: wallClockNanoseconds())
    limits.update(status: response.status, headers: response.headers, now: now)
    let limited = DataCategory.allCases.filter { limits.isLimited($0, at: now) }.map(\.rawValue)
    let body = String(decoding: response.body.prefix(200), as: UTF8.self)
    switch DeliveryVerdict(status: response.status) {
    case .delivered where limited.isEmpty:
        return DoctorCheck("server", .ok, "\(dsn.origin) answers \(response.status) in \(duration), \(way)")
    case .delivered, .limited:
        return DoctorCheck(
            "server", .limited, "\(dsn.origin) limits \(limited.joined(separator: ", "))",
            try: "see the project's quota and rate limits in Sentry")
    case .refused(let status):
        return DoctorCheck(
            "server", .failed, "\(dsn.origin) refuses: \(status) \(body)", try: "check the DSN's key and project id")
    }
}

// MARK: - Where reports wait

private func stateChecks(_ path: String) -> [DoctorCheck] {
    do {
        let state = try StateDirectory.open(path)
        let spool = Spool(state, run: courierTag)
        try AtomicFile.write([], "doctor", in: state.root, tmp: state.tmp, sync: true)
        try state.root.remove("doctor")
        let waiting = describe(try spool.list(.outbox))
        let kept = describe(try spool.list(.kept))
        let courier =
            FileLock.isHeld(StateDirectory.courierLock, in: state.root) ? "a courier is at work" : "no courier"
        return [
            DoctorCheck("state", .ok, "\(path) is writable"),
            DoctorCheck("spool", .ok, "\(waiting) to deliver, \(kept) kept; \(courier)"),
        ]
    } catch {
        return [
            DoctorCheck(
                "state", .failed, String(describing: error),
                try: "name another with --state-dir; until then reports are only in memory")
        ]
    }
}

private func describe(_ entries: [SpoolEntry]) -> String {
    let bytes = entries.reduce(0) { $0 + $1.bytes }
    return "\(entries.count) (\((bytes + 1023) / 1024) KiB)"
}
