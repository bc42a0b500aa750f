// Where this program keeps what must outlive it, and the checks that make the place safe to use.

import LinuxSystem

/// The state directory, open. Everything in it is reached relative to these descriptors.
package struct StateDirectory: Sendable {
    package let path: String
    /// Lock files, the rate limits and the ledger of discards.
    package let root: Directory
    /// Envelopes that have a destination; the courier empties it.
    package let outbox: Directory
    /// Envelopes without one, until `sentry-run send --dsn …`.
    package let kept: Directory
    /// Files being written.
    package let tmp: Directory
    /// Copies for Spotlight.
    package let spotlight: Directory
    /// A directory for each run whose report is not finished: its journal.
    package let active: Directory
    /// A directory for each finished run: its local report.
    package let runs: Directory

    /// Held by the courier that serves this directory.
    package static let courierLock = "courier.lock"

    /// Which directory it is: the option, else `$SENTRY_RUN_STATE_DIR`, else `$XDG_STATE_HOME/sentry-run`, else
    /// `/var/lib/sentry-run` for root, else `~/.local/state/sentry-run`.
    ///
    /// Empty values count as unset, and so does a relative `XDG_STATE_HOME` (XDG base directory specification). A user
    /// without a home gets `/var/tmp/sentry-run`; ``open(_:)`` refuses it when it is somebody else's.
    package static func resolve(
        option: String?, environment: (String) -> String?, userIsRoot: Bool, home: String?
    ) -> String {
        if let option, !option.isEmpty { return option }
        if let own = environment("SENTRY_RUN_STATE_DIR"), !own.isEmpty { return own }
        if let xdg = environment("XDG_STATE_HOME"), xdg.hasPrefix("/") { return joined(xdg, "sentry-run") }
        if userIsRoot { return "/var/lib/sentry-run" }
        guard let home, home.hasPrefix("/") else { return "/var/tmp/sentry-run" }
        return joined(home, ".local/state/sentry-run")
    }

    /// Opens the state directory at `path`, making it and its missing parents (mode 0700).
    ///
    /// It must belong to the effective user and nobody else may write to it. A directory that existed before keeps its
    /// mode (it may be somebody's home); what we keep in it is 0700 in any case.
    ///
    /// - Throws: ``SpoolError/unusableDirectory(path:reason:)``.
    package static func open(_ path: String) throws(SpoolError) -> StateDirectory {
        do throws(SystemError) {
            let root = try openOrMake(path)
            do throws(SystemError) {
                return try StateDirectory(root)
            } catch {
                root.close()
                throw error
            }
        } catch {
            throw .unusableDirectory(path: path, reason: reason(error))
        }
    }

    private init(_ root: Directory) throws(SystemError) {
        try Self.check(root, mayBeReadable: true)
        path = root.path
        self.root = root
        outbox = try Self.room("outbox", in: root)
        kept = try Self.room("kept", in: root)
        tmp = try Self.room("tmp", in: root)
        spotlight = try Self.room("spotlight", in: root)
        active = try Self.room("active", in: root)
        runs = try Self.room("runs", in: root)
    }

    /// Closes all of it.
    package func close() {
        for directory in [outbox, kept, tmp, spotlight, active, runs, root] { directory.close() }
    }

    private static func room(_ name: String, in root: Directory) throws(SystemError) -> Directory {
        let room = try openOrMake(name, in: root)
        do throws(SystemError) {
            try check(room, mayBeReadable: false)
            return room
        } catch {
            room.close()
            throw error
        }
    }

    /// Refuses what others own or may write to. Ours inside the root is made private again when somebody opened it up.
    private static func check(_ directory: Directory, mayBeReadable: Bool) throws(SystemError) {
        let status = try directory.descriptor.status(directory.path)
        guard status.owner == effectiveUser() else { throw .notOurs(directory.path) }
        if mayBeReadable {
            guard status.mode & 0o022 == 0 else { throw .writableByOthers(directory.path) }
        } else if status.mode & 0o077 != 0 {
            try directory.descriptor.setMode(0o700, directory.path)
        }
    }

    // Nearly always all of it is there: looking first takes half of the calls, and every run waits for them.

    private static func openOrMake(_ path: String) throws(SystemError) -> Directory {
        if let existing = try? Directory.open(path) { return existing }
        try makeParents(of: path)
        return try Directory.open(path)
    }

    private static func openOrMake(_ name: String, in root: Directory) throws(SystemError) -> Directory {
        if let existing = try? root.subdirectory(name) { return existing }
        try root.makeDirectory(name)
        return try root.subdirectory(name)
    }

    private static func makeParents(of path: String) throws(SystemError) {
        var made = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            made += "/" + component
            try Directory.make(made)
        }
    }

    private static func reason(_ error: SystemError) -> String {
        if error == .notOurs(error.subject) { return "\(error.subject) belongs to another user; name one of your own" }
        if error == .writableByOthers(error.subject) {
            return "other users may write to it; chmod go-w, or name another"
        }
        if error.isNotADirectoryOrLink {
            return "\(error.subject) is not a directory (a symbolic link is not followed)"
        }
        return String(describing: error)
    }
}

extension SystemError {
    fileprivate static func notOurs(_ path: String) -> SystemError { SystemError("owner", on: path, code: 1) }
    fileprivate static func writableByOthers(_ path: String) -> SystemError { SystemError("mode", on: path, code: 1) }
}

private func joined(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
}
