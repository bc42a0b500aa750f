import LinuxSystem
import SentryProtocol
import Testing

@testable import HostContext

@Suite struct HostContextsTests {
    private var facts: HostFacts {
        var facts = HostFacts()
        facts.hostName = "db1"
        facts.kernelRelease = "6.1.0-13-amd64"
        facts.kernelVersion = "#1 SMP"
        facts.machine = "x86_64"
        facts.processorCount = 4
        facts.memorySize = 8 << 30
        facts.bootTime = 1_795_234_329_000_000_000
        return facts
    }

    @Test func `an ordinary host is described in full`() throws {
        let host = try MadeUpHost([
            "/etc/os-release": "PRETTY_NAME=\"Debian \\\"12\\\"\"\nID=debian\nVERSION_ID='12'\n# c\nbroken\n",
            "/proc/meminfo": "MemTotal:  8388608 kB\nMemAvailable:    1024 kB\n",
            "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Fast CPU\n",
            "/etc/localtime": "→/usr/share/zoneinfo/Europe/Berlin",
        ])
        let contexts = HostContexts(root: host.root, facts: facts, environment: ["LANG": "de_DE.UTF-8"])
        #expect(contexts.serverName == "db1")
        #expect(
            contexts.system?.value == [
                "name": "Linux", "kernel_version": "6.1.0-13-amd64", "build": "#1 SMP", "version": "6.1.0",
                "distribution_name": "debian", "distribution_version": "12",
                "distribution_pretty_name": "Debian \"12\"",
            ])
        #expect(
            contexts.device?.value == [
                "arch": "x86_64", "name": "db1", "memory_size": 8_589_934_592, "free_memory": 1_048_576,
                "processor_count": 4, "cpu_description": "Fast CPU", "boot_time": "2026-11-21T04:12:09.000Z",
            ])
        #expect(contexts.culture?.value == ["timezone": "Europe/Berlin", "locale": "de_DE"])
    }

    @Test func `a bare tree gives fewer fields and no failure`() throws {
        let host = try MadeUpHost([:])
        let contexts = HostContexts(root: host.root, facts: HostFacts(), environment: [:])
        #expect(contexts.serverName == nil)
        #expect(contexts.system?.value == ["name": "Linux"])
        #expect(contexts.device == nil)
        #expect(contexts.culture == nil)
        #expect(contexts.all(schedulers: []).map(\.name) == ["os"])
        #expect(contexts.process(pid: 7, arguments: [])?.value == ["pid": 7])
    }

    @Test func `the job's process is described from proc`() throws {
        let host = try MadeUpHost([
            "/proc/7/stat": "7 (a) b (c) S 3 7 7 0", "/proc/7/exe": "→/usr/bin/job", "/proc/7/cwd": "→/srv",
        ])
        let contexts = HostContexts(root: host.root, facts: facts, environment: [:])
        #expect(
            contexts.process(pid: 7, arguments: ["job", "-x"])?.value == [
                "pid": 7, "ppid": 3, "command_line": "job -x", "executable": "/usr/bin/job", "cwd": "/srv",
            ])
    }

    @Test func `this machine is described quickly`() throws {
        let clock = ContinuousClock()
        var names: [String] = []
        let times = (0..<20).map { _ in
            clock.measure {
                let contexts = HostContexts(facts: .current, environment: ["TZ": "UTC"])
                let schedulers = contexts.schedulers(parent: contexts.facts.parent)
                names = contexts.all(schedulers: schedulers).map(\.name)
                _ = contexts.outOfMemoryWatch
                _ = ReleaseDetection.detect(directory: contexts.facts.workingDirectory, environment: [:])
            }
        }
        #expect(names.prefix(3) == ["os", "device", "culture"])
        let best = try #require(times.min())
        print("host contexts: \(best)")
        // The debug build's bound; the release build is several times faster.
        #expect(best < .milliseconds(20))
    }
}
