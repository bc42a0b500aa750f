// Whether our exit ends everything around us, so that what waits for delivery would die with it.

import LinuxSystem

/// What this process is to its surroundings.
package struct ExitSurroundings: Sendable, Equatable {
    package var process: Int32
    package var parent: Int32
    /// systemd sets INVOCATION_ID for every process of a unit,
    package var hasInvocationID: Bool
    /// and SYSTEMD_EXEC_PID to the pid of the process that it started itself.
    package var systemdExecProcess: Int32?
    /// A container's main process may be our parent, a small init.
    package var isContainer: Bool

    package init(
        process: Int32, parent: Int32, hasInvocationID: Bool = false, systemdExecProcess: Int32? = nil,
        isContainer: Bool = false
    ) {
        self.process = process
        self.parent = parent
        self.hasInvocationID = hasInvocationID
        self.systemdExecProcess = systemdExecProcess
        self.isContainer = isContainer
    }

    /// Looks at the environment, and at the files of container engines where the parent is PID 1.
    package static func current() -> ExitSurroundings {
        let parent = ProcessIdentity.parent
        return ExitSurroundings(
            process: ProcessIdentity.process, parent: parent,
            hasInvocationID: environmentValue("INVOCATION_ID") != nil,
            systemdExecProcess: environmentValue("SYSTEMD_EXEC_PID").flatMap { Int32($0) },
            isContainer: parent == 1 && looksLikeContainer())
    }

    private static func looksLikeContainer() -> Bool {
        environmentValue("container") != nil || environmentValue("KUBERNETES_SERVICE_HOST") != nil
            || fileExists("/.dockerenv") || fileExists("/run/.containerenv")
    }

    /// Whether processes that we leave behind end with us: PID 1 of a container, the child of its small init, the main
    /// process of a systemd unit (a user's too).
    package var exitEndsEverything: Bool {
        if process == 1 || systemdExecProcess == process { return true }
        return parent == 1 && (hasInvocationID || isContainer)
    }
}
