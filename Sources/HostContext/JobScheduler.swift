// Who started the run: cron, systemd, a cluster, a CI system. Ids and names only; tokens that these put into the
// environment are never read.

import LinuxSystem
import SentryProtocol

/// A scheduler that the run belongs to, with what it tells.
package struct JobScheduler: Sendable, Equatable {
    /// The context's name and the tag `job.scheduler`: `cron`, `systemd`, `kubernetes`, `slurm`, `gitlab_ci`,
    /// `github_actions`, `parallel`, `aws_batch`, `nomad`.
    package let name: String
    package let fields: [JSONValue.Member]

    package var context: NamedContext? { NamedContext(name, fields.map { ($0.name, $0.value) }) }

    /// The key of the tag that names the innermost scheduler.
    package static let tag = "job.scheduler"

    /// All that apply, innermost first: the first one is the tag's value.
    ///
    /// - Parameters:
    ///   - cgroup: the run's (``ControlGroup/find(_:process:)``).
    ///   - parent: the process that started the supervisor.
    package static func detect(
        environment: [String: String], root: HostRoot = HostRoot(), cgroup: ControlGroup?, parent: Int32,
        hostName: String = ""
    ) -> [JobScheduler] {
        var found = EnvironmentScheduler.known.compactMap { $0.scheduler(environment) }
        if let pod = kubernetes(environment, root, hostName) { found.append(pod) }
        if let cron = cron(root, parent) { found.append(cron) }
        if let unit = systemd(environment, cgroup) { found.append(unit) }
        return found
    }

    init?(_ name: String, _ fields: [(String, JSONValue?)]) {
        self.name = name
        self.fields = fields.compactMap { field in field.1.map { JSONValue.Member(field.0, $0) } }
    }

    // MARK: Those that are known by more than a variable

    private static func kubernetes(
        _ environment: [String: String], _ root: HostRoot, _ hostName: String
    ) -> JobScheduler? {
        guard environment["KUBERNETES_SERVICE_HOST"] != nil else { return nil }
        let namespace = root.text("/var/run/secrets/kubernetes.io/serviceaccount/namespace", limit: 256)
        return JobScheduler(
            "kubernetes",
            [
                ("pod", .text(environment["POD_NAME"] ?? environment["HOSTNAME"] ?? hostName)),
                ("namespace", .text(environment["POD_NAMESPACE"] ?? namespace)),
                ("node", .text(environment["NODE_NAME"])),
                ("completion_index", .text(environment["JOB_COMPLETION_INDEX"])),
            ])
    }

    private static let cronNames: Set<String> = [
        "cron", "crond", "CRON", "CROND", "anacron", "fcron", "atd", "supercronic", "cronie", "bcron-exec",
    ]

    /// cron → shell → us, often with run-parts or a script between.
    private static func cron(_ root: HostRoot, _ parent: Int32) -> JobScheduler? {
        var pid = parent
        for _ in 0..<5 where pid > 0 {
            guard let stat = root.bytes("/proc/\(pid)/stat", limit: 4096).flatMap({ parseProcessStat($0) }) else {
                return nil
            }
            if cronNames.contains(stat.name) {
                return JobScheduler("cron", [("daemon", .text(stat.name)), ("pid", .integer(Int64(pid)))])
            }
            pid = stat.parent
        }
        return nil
    }

    /// INVOCATION_ID alone is not enough: a desktop session's shells inherit it from their terminal's scope.
    private static func systemd(_ environment: [String: String], _ group: ControlGroup?) -> JobScheduler? {
        guard let invocation = environment["INVOCATION_ID"], let group else { return nil }
        let units = group.unitPath.split(separator: "/").filter { $0.hasSuffix(".service") }
        guard let unit = units.last, !unit.hasPrefix("user@") else { return nil }
        return JobScheduler(
            "systemd",
            [
                ("unit", .text(unescaped(unit))), ("invocation_id", .text(invocation)),
                ("trigger_unit", .text(environment["TRIGGER_UNIT"])),
            ])
    }

    /// `\x2d` and the like. Source: systemd.unit(5), string escaping.
    private static func unescaped(_ unit: Substring) -> String {
        guard unit.has("\\x") else { return String(unit) }
        var bytes: [UInt8] = []
        var rest = Array(unit.utf8)[...]
        while let byte = rest.first {
            if rest.starts(with: "\\x".utf8), rest.count >= 4,
                let value = UInt8(String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(4)
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A scheduler that tells everything by variables.
private struct EnvironmentScheduler: Sendable {
    let name: String
    /// The variable whose presence says that it is this one.
    let marker: String
    /// Context field and variable.
    let fields: [(String, String)]

    func scheduler(_ environment: [String: String]) -> JobScheduler? {
        guard let mark = environment[marker], !mark.isEmpty, mark != "false" else { return nil }
        var found: [(String, JSONValue?)] = fields.map { ($0.0, .text(environment[$0.1])) }
        if name == "github_actions" { found.append(("url", .text(Self.runURL(environment)))) }
        return JobScheduler(name, found)
    }

    private static func runURL(_ environment: [String: String]) -> String? {
        guard let server = environment["GITHUB_SERVER_URL"], let repository = environment["GITHUB_REPOSITORY"],
            let run = environment["GITHUB_RUN_ID"]
        else { return nil }
        return "\(server)/\(repository)/actions/runs/\(run)"
    }

    /// Innermost first: GNU parallel runs inside a batch job, which runs inside a pod.
    static let known: [EnvironmentScheduler] = [
        EnvironmentScheduler(
            name: "parallel", marker: "PARALLEL_SEQ",
            fields: [("sequence", "PARALLEL_SEQ"), ("slot", "PARALLEL_JOBSLOT"), ("pid", "PARALLEL_PID")]),
        EnvironmentScheduler(
            name: "slurm", marker: "SLURM_JOB_ID",
            fields: [
                ("job_id", "SLURM_JOB_ID"), ("job_name", "SLURM_JOB_NAME"), ("array_job_id", "SLURM_ARRAY_JOB_ID"),
                ("array_task_id", "SLURM_ARRAY_TASK_ID"), ("step_id", "SLURM_STEP_ID"), ("task", "SLURM_PROCID"),
                ("tasks", "SLURM_NTASKS"), ("partition", "SLURM_JOB_PARTITION"), ("cluster", "SLURM_CLUSTER_NAME"),
                ("node", "SLURMD_NODENAME"), ("restarts", "SLURM_RESTART_COUNT"),
            ]),
        EnvironmentScheduler(
            name: "aws_batch", marker: "AWS_BATCH_JOB_ID",
            fields: [
                ("job_id", "AWS_BATCH_JOB_ID"), ("attempt", "AWS_BATCH_JOB_ATTEMPT"),
                ("array_index", "AWS_BATCH_JOB_ARRAY_INDEX"), ("node_index", "AWS_BATCH_JOB_NODE_INDEX"),
                ("queue", "AWS_BATCH_JQ_NAME"), ("compute_environment", "AWS_BATCH_CE_NAME"),
            ]),
        EnvironmentScheduler(
            name: "nomad", marker: "NOMAD_ALLOC_ID",
            fields: [
                ("allocation_id", "NOMAD_ALLOC_ID"), ("allocation_index", "NOMAD_ALLOC_INDEX"),
                ("job_id", "NOMAD_JOB_ID"), ("job_name", "NOMAD_JOB_NAME"), ("group", "NOMAD_GROUP_NAME"),
                ("task", "NOMAD_TASK_NAME"), ("namespace", "NOMAD_NAMESPACE"), ("region", "NOMAD_REGION"),
                ("datacenter", "NOMAD_DC"),
            ]),
        EnvironmentScheduler(
            name: "gitlab_ci", marker: "GITLAB_CI",
            fields: [
                ("job_id", "CI_JOB_ID"), ("job_name", "CI_JOB_NAME"), ("stage", "CI_JOB_STAGE"), ("url", "CI_JOB_URL"),
                ("pipeline_id", "CI_PIPELINE_ID"), ("pipeline_source", "CI_PIPELINE_SOURCE"),
                ("project", "CI_PROJECT_PATH"), ("ref", "CI_COMMIT_REF_NAME"), ("commit", "CI_COMMIT_SHA"),
                ("runner_id", "CI_RUNNER_ID"),
            ]),
        EnvironmentScheduler(
            name: "github_actions", marker: "GITHUB_ACTIONS",
            fields: [
                ("run_id", "GITHUB_RUN_ID"), ("run_number", "GITHUB_RUN_NUMBER"), ("attempt", "GITHUB_RUN_ATTEMPT"),
                ("workflow", "GITHUB_WORKFLOW"), ("job", "GITHUB_JOB"), ("repository", "GITHUB_REPOSITORY"),
                ("event", "GITHUB_EVENT_NAME"), ("ref", "GITHUB_REF"), ("commit", "GITHUB_SHA"),
                ("runner", "RUNNER_NAME"),
            ]),
    ]
}
