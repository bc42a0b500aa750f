import SentryProtocol
import Testing

@testable import HostContext

private let unified = "30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"

@Suite struct ControlGroupTests {
    @Test func `version 2 gives the tightest limit around the job`() throws {
        let host = try MadeUpHost([
            "/proc/self/cgroup": "0::/system.slice/backup.service\n", "/proc/self/mountinfo": unified,
            "/sys/fs/cgroup/system.slice/memory.max": "2000\n",
            "/sys/fs/cgroup/system.slice/backup.service/memory.max": "max\n",
            "/sys/fs/cgroup/system.slice/backup.service/memory.current": "100\n",
            "/sys/fs/cgroup/system.slice/backup.service/memory.peak": "150\n",
            "/sys/fs/cgroup/system.slice/backup.service/cpu.max": "200000 100000\n",
            "/sys/fs/cgroup/system.slice/backup.service/pids.max": "max\n",
            "/sys/fs/cgroup/system.slice/backup.service/memory.events": "low 0\noom 1\noom_kill 3\noom_group_kill 0\n",
        ])
        #expect(
            ControlGroup.find(host.root)?.context(host.root)?.value == [
                "version": 2, "path": "/system.slice/backup.service", "memory_max": 2000, "memory_current": 100,
                "memory_peak": 150, "oom_kill": 3, "cpu_max": "200000 100000",
            ])
    }

    @Test func `a container without a cgroup namespace finds its files at the mount`() throws {
        let host = try MadeUpHost([
            "/proc/self/cgroup": "0::/docker/abc\n",
            "/proc/self/mountinfo": "30 20 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
            "/sys/fs/cgroup/memory.max": "512\n",
        ])
        #expect(ControlGroup.find(host.root)?.memoryLimit(host.root) == 512)
    }

    @Test func `version 1 and the hybrid read the memory controller`() throws {
        let host = try MadeUpHost([
            "/proc/self/cgroup": "9:name=systemd:/system.slice/a.service\n4:memory:/jobs/a\n0::/\n",
            "/proc/self/mountinfo":
                "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/jobs/a/memory.limit_in_bytes": "4096\n",
            "/sys/fs/cgroup/memory/jobs/a/memory.max_usage_in_bytes": "4000\n",
            "/sys/fs/cgroup/memory/jobs/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        ])
        let group = try #require(ControlGroup.find(host.root))
        #expect(
            group.context(host.root)?.value == [
                "version": 1, "path": "/jobs/a", "unit_path": "/system.slice/a.service", "memory_max": 4096,
                "memory_peak": 4000, "oom_kill": 2,
            ])
    }

    @Test(arguments: ["", "garbage", "0::\n", "::\n:::::\n"])
    func `what makes no sense is no cgroup`(text: String) throws {
        let host = try MadeUpHost(["/proc/self/cgroup": text, "/proc/self/mountinfo": text])
        #expect(ControlGroup.find(host.root) == nil)
    }

    @Test func `the OOM killer is noticed by its counter's rise`() throws {
        let events = "/sys/fs/cgroup/j/memory.events"
        let host = try MadeUpHost([
            "/proc/self/cgroup": "0::/j\n", "/proc/self/mountinfo": unified, events: "oom 1\noom_kill 3\n",
            "/proc/vmstat": "oom_kill 7\n",
        ])
        let watch = OutOfMemoryWatch(host.root, cgroup: ControlGroup.find(host.root))
        #expect(watch.isPossible)
        #expect(watch.findings() == nil)
        try host.write("oom_kill 8\n", to: "/proc/vmstat")
        #expect(watch.findings() == nil, "somebody else's process")
        try host.write("oom 2\noom_kill 5\n", to: events)
        #expect(watch.findings() == OutOfMemoryWatch.Finding(scope: .cgroup, kills: 2))
    }

    @Test func `without a cgroup counter the host's is what there is`() throws {
        let host = try MadeUpHost(["/proc/vmstat": "nr_free_pages 1\noom_kill 7\n"])
        let watch = OutOfMemoryWatch(host.root, cgroup: ControlGroup.find(host.root))
        try host.write("oom_kill 8\n", to: "/proc/vmstat")
        #expect(watch.findings() == OutOfMemoryWatch.Finding(scope: .host, kills: 1))
        #expect(OutOfMemoryWatch(HostRoot(prefix: "/nowhere"), cgroup: nil).isPossible == false)
    }
}

@Suite struct ContainerRuntimeTests {
    private let id = String(repeating: "0a", count: 32)

    private func detect(_ files: [String: String], _ environment: [String: String] = [:]) throws -> JSONValue? {
        let host = try MadeUpHost(files)
        return ContainerRuntime.detect(host.root, environment, ControlGroup.find(host.root))?.context?.value
    }

    @Test func `containers are told by what their runtimes leave`() throws {
        let mount =
            "9 1 8:1 /var/lib/docker/containers/\(id)/hostname /etc/hostname rw - ext4 /dev/sda rw\n" + unified
        #expect(try detect([:]) == nil)
        #expect(
            try detect(["/.dockerenv": "", "/proc/self/mountinfo": mount]) == ["runtime": "docker", "id": .string(id)])
        #expect(
            try detect(["/run/.containerenv": "engine=\"podman\"\nid=\"\(id)\"\nimage=\"debian:12\"\n"])
                == ["runtime": "podman", "id": .string(id), "image": "debian:12"])
        #expect(
            try detect(
                [
                    "/proc/self/cgroup": "0::/kubepods.slice/cri-containerd-\(id).scope\n",
                    "/proc/self/mountinfo": unified,
                ], ["KUBERNETES_SERVICE_HOST": "10.0.0.1"])
                == ["runtime": "containerd", "id": .string(id)])
        #expect(try detect([:], ["container": "lxc"]) == ["runtime": "lxc"])
    }
}
