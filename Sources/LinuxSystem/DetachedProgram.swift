// Starts a program that is to outlive us, tied to nothing of ours.

import CLinux
import Glibc

/// A program in a session of its own, with /dev/null for stdin, stdout and stderr and no signal blocked or ignored.
package enum DetachedProgram {
    /// Starts it and returns its pid at once.
    ///
    /// - Parameters:
    ///   - standardInput: what it reads; /dev/null when `nil`.
    ///   - keepsErrors: its stderr is ours (for `--debug`).
    /// - Throws: the error of the execution itself (ENOENT, EACCES, …).
    ///
    /// Source: posix_spawn(3).
    @discardableResult
    package static func start(
        _ path: String, _ arguments: [String], standardInput: FileDescriptor? = nil, keepsErrors: Bool = false
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let standardInput {
            posix_spawn_file_actions_adddup2(&actions, standardInput.raw, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        if !keepsErrors { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // POSIX_SPAWN_SETSID needs _GNU_SOURCE; its value is part of glibc's ABI.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | 0x80))

        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, words, environ)
        guard code == 0 else { throw SystemError("posix_spawn", on: path, code: code) }
        return pid
    }

    /// A descriptor that is readable once the process has ended. Source: pidfd_open(2).
    package static func end(of process: pid_t) throws(SystemError) -> FileDescriptor {
        FileDescriptor(try checked(clinux_pidfd_open(process), "pidfd_open"))
    }
}
