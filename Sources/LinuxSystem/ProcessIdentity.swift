// Who this process is, and small facts about others.

import CLinux
import Glibc

package enum ProcessIdentity {
    package static var process: Int32 { getpid() }
    package static var parent: Int32 { getppid() }
    package static var group: Int32 { getpgrp() }
    package static var isSessionLeader: Bool { getsid(0) == getpid() }

    /// The program file of this process. `nil` without /proc. Source: proc(5), `/proc/self/exe`.
    package static var executablePath: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether PID 1 is the system's own init, which reaps whoever is left to it; in a container it may be any program.
    /// Source: namespaces(7); the first PID namespace's number is part of the kernel's ABI (PROC_PID_INIT_INO).
    package static var initReapsOrphans: Bool {
        var status = stat()
        return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == 0xEFFF_FFFC
    }

    /// What the kernel calls a living process, at most 15 bytes. Source: proc_pid_comm(5).
    package static func name(of process: Int32) -> String? {
        guard let line = try? readSmallFile(processFile(process, "comm"), limit: 64) else { return nil }
        return String(decoding: line.last == UInt8(ascii: "\n") ? line.dropLast() : line[...], as: UTF8.self)
    }

    /// Gives way to processes of this process's present priority. Cannot be taken back without privileges.
    /// Source: nice(2).
    package static func giveWay(by steps: Int32) { _ = nice(steps) }

    /// From now on orphaned descendants become children of this process. Source: PR_SET_CHILD_SUBREAPER.
    package static func becomeSubreaper() throws(SystemError) {
        try checked(clinux_become_subreaper(), "prctl PR_SET_CHILD_SUBREAPER")
    }
}

/// An environment variable's value, invalid UTF-8 repaired; `nil` when unset.
package func environmentValue(_ name: String) -> String? {
    // Without withCString every name would become an array first, and this is called for each option.
    name.withCString { getenv($0) }.map { text(cString: $0) }
}

/// Whether this process may execute the file. Source: access(2) X_OK.
package func isExecutable(_ path: String) -> Bool { path.withCString { access($0, X_OK) } == 0 }

/// Whether this process may write to the file, or make files in the directory. Source: access(2) W_OK.
package func isWritable(_ path: String) -> Bool { path.withCString { access($0, W_OK) } == 0 }

/// Ends this process at once, without exit handlers. Source: _exit(2).
package func exitNow(_ code: Int32) -> Never { _exit(code) }

/// What a file is, as far as starting it as a program is concerned. Source: stat(2), statvfs(3).
package struct FileFacts: Sendable, Equatable {
    package var isDirectory: Bool
    package var isRegular: Bool
    /// The permission bits.
    package var mode: UInt32
    package var isOnNoexecMount: Bool

    /// - Throws: as stat(2): ENOENT, EACCES (a directory on the way may not be searched), ENOTDIR, ELOOP, …
    package init(of path: String) throws(SystemError) {
        var status = stat()
        try checkedErrno("stat", on: path) { stat(path, &status) }
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        isRegular = status.st_mode & S_IFMT == S_IFREG
        mode = status.st_mode & 0o7777
        var system = statvfs()
        // ST_NOEXEC is 8 on Linux; the header shows it only with _GNU_SOURCE.
        isOnNoexecMount = statvfs(path, &system) == 0 && system.f_flag & 8 != 0
    }
}

/// `strerror(3)`'s sentence for an errno.
package func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }

/// `uname(2)`'s machine, such as `x86_64`.
package func machineName() -> String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    return withUnsafeBytes(of: name.machine) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// The number that a process has in its own PID namespace; `nil` where it is gone. Source: proc_pid_status(5), NSpid.
package func innermostProcessID(of process: Int32) -> Int32? {
    guard let status = try? readSmallFile(processFile(process, "status"), limit: 8192) else { return nil }
    for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "NSpid:".utf8) {
        let fields = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" }
        return fields.last.flatMap { Int32($0) }
    }
    return nil
}
