// The contexts that every report of a run has: what it ran on.

import LinuxSystem
import SentryProtocol

/// Reads what describes host, system and run. Costs well under a millisecond; each call reads anew.
package struct HostContexts: Sendable {
    let root: HostRoot
    let facts: HostFacts
    let environment: [String: String]
    /// The run's cgroup, found once.
    package let cgroup: ControlGroup?

    package init(root: HostRoot = HostRoot(), facts: HostFacts = .current, environment: [String: String]) {
        self.root = root
        self.facts = facts
        self.environment = environment
        cgroup = ControlGroup.find(root)
    }

    /// `server_name`, `nil` where the host has no name.
    package var serverName: String? { facts.hostName.isEmpty ? nil : facts.hostName }

    /// Who started the run, innermost first.
    ///
    /// - Parameter parent: the process that started the supervisor.
    package func schedulers(parent: Int32) -> [JobScheduler] {
        JobScheduler.detect(
            environment: environment, root: root, cgroup: cgroup, parent: parent, hostName: facts.hostName)
    }

    /// To be made before the job starts.
    package var outOfMemoryWatch: OutOfMemoryWatch { OutOfMemoryWatch(root, cgroup: cgroup) }

    /// `os`, `device`, `culture`, `container`, `cgroup` and the schedulers' contexts: those which there are.
    package func all(schedulers: [JobScheduler]) -> [NamedContext] {
        return [
            system, device, culture, ContainerRuntime.detect(root, environment, cgroup)?.context, cgroup?.context(root),
        ]
        .compactMap { $0 } + schedulers.compactMap(\.context)
    }

    /// Source: os-release(5), uname(2).
    package var system: NamedContext? {
        let release = OSRelease(root)
        return NamedContext(
            "os",
            [
                // Signals and errno values are named by the server only where this says Linux.
                ("name", "Linux"), ("kernel_version", .text(facts.kernelRelease)),
                ("build", .text(facts.kernelVersion)),
                ("version", .text(facts.kernelRelease.prefix { $0 != "-" })),
                ("distribution_name", .text(release["ID"])), ("distribution_version", .text(release["VERSION_ID"])),
                ("distribution_pretty_name", .text(release["PRETTY_NAME"])),
            ])
    }

    /// Source: sysconf(3), proc_meminfo(5).
    package var device: NamedContext? {
        let available = root.counter("MemAvailable", in: "/proc/meminfo").map { $0 * 1024 }
        let boot = facts.bootTime > 0 ? Timestamp(nanoseconds: facts.bootTime).rfc3339 : nil
        return NamedContext(
            "device",
            [
                ("arch", .text(facts.machine)), ("name", .text(facts.hostName)),
                ("memory_size", facts.memorySize > 0 ? .integer(facts.memorySize) : nil),
                ("free_memory", .count(available)),
                ("processor_count", facts.processorCount > 0 ? .integer(Int64(facts.processorCount)) : nil),
                ("cpu_description", .text(facts.processorBrand ?? processorFromFile)), ("boot_time", .text(boot)),
            ])
    }

    /// Only where the processor itself tells nothing: see `clinux_processor_brand`.
    private var processorFromFile: String? {
        for line in root.lines("/proc/cpuinfo", limit: 4096) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let name = parts.first?.split(separator: "\t").first else { continue }
            if ["model name", "Model", "Hardware", "cpu model", "cpu"].contains(name) {
                return String(parts[1].drop { $0 == " " })
            }
        }
        return nil
    }

    /// Source: tzset(3), locale(7).
    package var culture: NamedContext? {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        return NamedContext(
            "culture", [("timezone", .text(timezone)), ("locale", .text(locale?.prefix { $0 != "." }))])
    }

    private var timezone: String? {
        if let zone = environment["TZ"], !zone.isEmpty { return zone.hasPrefix(":") ? String(zone.dropFirst()) : zone }
        return root.link("/etc/localtime")?.after("zoneinfo/") ?? root.text("/etc/timezone", limit: 256)
    }

    /// - Parameters:
    ///   - name: the job's program.
    ///   - start: when the run began.
    package static func app(name: String, start: Timestamp) -> NamedContext? {
        NamedContext("app", [("app_name", .text(name)), ("app_start_time", .string(start.rfc3339))])
    }

    /// The job as a process. What can no longer be read, because it is gone, is left out.
    ///
    /// - Parameter arguments: without secrets: they are shown as they are.
    package func process(pid: Int32, arguments: [String]) -> NamedContext? {
        let stat = root.bytes("/proc/\(pid)/stat").flatMap { parseProcessStat($0) }
        return NamedContext(
            "process",
            [
                ("pid", .integer(Int64(pid))), ("ppid", .count(stat.map { Int64($0.parent) })),
                ("command_line", .text(arguments.joined(separator: " "))),
                ("executable", .text(root.link("/proc/\(pid)/exe"))),
                ("cwd", .text(root.link("/proc/\(pid)/cwd") ?? facts.workingDirectory)),
            ])
    }
}

/// /etc/os-release: shell-like assignments.
struct OSRelease {
    private var values: [Substring: String] = [:]

    init(_ root: HostRoot) {
        var lines = root.lines("/etc/os-release")
        if lines.isEmpty { lines = root.lines("/usr/lib/os-release") }
        for line in lines {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let name = parts.first, !name.hasPrefix("#") else { continue }
            values[name] = Self.unquoted(parts[1])
        }
    }

    subscript(name: Substring) -> String? { values[name] }

    private static func unquoted(_ value: Substring) -> String {
        guard let quote = value.first, quote == "\"" || quote == "'", value.last == quote, value.count >= 2 else {
            return String(value)
        }
        var text = ""
        var isEscaped = false
        for character in value.dropFirst().dropLast() {
            if character == "\\" && quote == "\"" && !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            text.append(character)
        }
        return text
    }
}
