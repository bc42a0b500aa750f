import SentryProtocol
import Testing

@testable import HostContext

@Suite struct JobSchedulerTests {
    private func detect(
        _ environment: [String: String], _ files: [String: String] = [:], parent: Int32 = 0
    ) throws -> [JobScheduler] {
        let host = try MadeUpHost(files)
        return JobScheduler.detect(
            environment: environment, root: host.root, cgroup: ControlGroup.find(host.root), parent: parent,
            hostName: "h")
    }

    @Test func `nothing special is nothing`() throws {
        #expect(try detect(["PATH": "/bin", "INVOCATION_ID": "x"]) == [])
    }

    @Test func `cron is found among the ancestors`() throws {
        let files = [
            "/proc/30/stat": "30 (run-parts) S 20 1", "/proc/20/stat": "20 (sh) S 10 1",
            "/proc/10/stat": "10 (cron) S 1 1", "/proc/1/stat": "1 (systemd) S 0 1",
        ]
        let found = try detect([:], files, parent: 30)
        #expect(found.map(\.name) == ["cron"])
        #expect(found.first?.context?.value == ["daemon": "cron", "pid": 10])
        #expect(try detect([:], ["/proc/20/stat": "20 (sh) S 20 1"], parent: 20) == [], "a loop ends")
    }

    @Test func `a systemd unit needs both the id and a service`() throws {
        func files(_ path: String) -> [String: String] {
            [
                "/proc/self/cgroup": "0::\(path)\n",
                "/proc/self/mountinfo": "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            ]
        }
        let environment = ["INVOCATION_ID": "abc", "TRIGGER_UNIT": "backup.timer"]
        let found = try detect(environment, files("/system.slice/my\\x2dbackup.service"))
        #expect(
            found.first?.context?.value
                == ["unit": "my-backup.service", "invocation_id": "abc", "trigger_unit": "backup.timer"])
        #expect(try detect(environment, files("/user.slice/user-0.slice/session-1.scope")) == [])
        #expect(try detect(environment, files("/user.slice/user@0.service/app.slice/vte.scope")) == [])
    }

    @Test func `a pod is known by its name and namespace`() throws {
        let found = try detect(
            ["KUBERNETES_SERVICE_HOST": "10.0.0.1", "HOSTNAME": "job-x1", "JOB_COMPLETION_INDEX": "3"],
            ["/var/run/secrets/kubernetes.io/serviceaccount/namespace": "batch"])
        #expect(found.first?.context?.value == ["pod": "job-x1", "namespace": "batch", "completion_index": "3"])
    }

    @Test(arguments: [
        ("slurm", ["SLURM_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2", "SLURM_JWT": "secret"]),
        ("gitlab_ci", ["GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_JOB_TOKEN": "secret"]),
        ("github_actions", ["GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7", "GITHUB_TOKEN": "secret"]),
        ("parallel", ["PARALLEL_SEQ": "7"]),
        ("aws_batch", ["AWS_BATCH_JOB_ID": "7", "AWS_SESSION_TOKEN": "secret"]),
        ("nomad", ["NOMAD_ALLOC_ID": "7", "NOMAD_TOKEN": "secret"]),
    ])
    func `a scheduler is known by its variables and keeps their secrets out`(
        name: String, environment: [String: String]
    ) throws {
        let found = try detect(environment)
        #expect(found.map(\.name) == [name])
        #expect(found.first?.fields.contains { $0.value == "7" } == true)
        #expect(found.first?.fields.contains { $0.value == "secret" } == false)
    }

    @Test func `the innermost scheduler comes first`() throws {
        let found = try detect(["GITLAB_CI": "true", "PARALLEL_SEQ": "1", "KUBERNETES_SERVICE_HOST": "x"])
        #expect(found.map(\.name) == ["parallel", "gitlab_ci", "kubernetes"])
    }
}
