// Whether the run is inside a container, which one, and whose.

import SentryProtocol

/// A container as seen from inside.
package struct ContainerRuntime: Sendable, Equatable {
    /// `docker`, `podman`, `containerd`, `lxc`, `systemd-nspawn`, … or `container` where no one says.
    package let name: String
    /// 64 hex digits where it can be known.
    package let id: String?
    package let image: String?

    /// `nil` outside of containers.
    static func detect(
        _ root: HostRoot, _ environment: [String: String], _ cgroup: ControlGroup?
    ) -> ContainerRuntime? {
        let id = containerID(root, cgroup)
        if root.exists("/run/.containerenv") {
            // Podman's file: `name="x"`, `id="…"`, `image="…"`; empty for rootless containers without --privileged.
            let values = OSReleaseStyle(root.lines("/run/.containerenv"))
            return ContainerRuntime(name: "podman", id: values["id"] ?? id, image: values["image"])
        }
        if root.exists("/.dockerenv") { return ContainerRuntime(name: "docker", id: id, image: nil) }
        if let name = environment["container"], !name.isEmpty {
            return ContainerRuntime(name: name, id: id, image: nil)
        }
        let isInPod = environment["KUBERNETES_SERVICE_HOST"] != nil
        guard isInPod || id != nil else { return nil }
        let isContainerd = cgroup.map { $0.path.has("containerd") } ?? false
        return ContainerRuntime(name: isContainerd ? "containerd" : "container", id: id, image: nil)
    }

    var context: NamedContext? {
        NamedContext("container", [("runtime", .text(name)), ("id", .text(id)), ("image", .text(image))])
    }

    /// From the cgroup's path, else from where runtimes mount a container's own files from.
    private static func containerID(_ root: HostRoot, _ cgroup: ControlGroup?) -> String? {
        if let id = cgroup.flatMap({ hexRun($0.path[...]) ?? hexRun($0.unitPath[...]) }) { return id }
        for line in root.lines("/proc/self/mountinfo", with: "containers/") {
            if let id = hexRun(line) { return id }
        }
        return nil
    }

    /// Exactly 64 hex digits in a row.
    private static func hexRun(_ text: Substring) -> String? {
        var run: [UInt8] = []
        for byte in Array(text.utf8) + [0] {
            if (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) {
                run.append(byte)
            } else {
                if run.count == 64 { return String(decoding: run, as: UTF8.self) }
                run.removeAll(keepingCapacity: true)
            }
        }
        return nil
    }
}

/// `name="value"` lines.
private struct OSReleaseStyle {
    private var values: [Substring: String] = [:]

    init(_ lines: [Substring]) {
        for line in lines {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let name = parts.first else { continue }
            let value = parts[1].filter { $0 != "\"" }
            if !value.isEmpty { values[name] = value }
        }
    }

    subscript(name: Substring) -> String? { values[name] }
}
