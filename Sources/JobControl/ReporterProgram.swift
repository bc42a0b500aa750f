// Where the reporter's program is.

import LinuxSystem

/// A sibling program of this installation.
package struct ReporterProgram: Sendable, Equatable {
    package var path: String

    package init(path: String) { self.path = path }

    package static let name = "sentry-run-reporter"

    /// The places to look, in order: `$SENTRY_RUN_LIBEXEC`, beside the running program, `../libexec/sentry-run`.
    ///
    /// - Parameters:
    ///   - name: the sibling's file name.
    ///   - libexec: `$SENTRY_RUN_LIBEXEC`; empty is unset.
    ///   - executable: the running program's file.
    package static func candidates(_ name: String = name, libexec: String?, executable: String?) -> [String] {
        var directories: [String] = []
        if let libexec, !libexec.isEmpty { directories.append(libexec) }
        if let executable, let slash = executable.utf8.lastIndex(of: UInt8(ascii: "/")) {
            // A slice of bytes: generic code for texts would be mapped into every supervisor for this alone.
            let directory = String(decoding: executable.utf8.prefix(upTo: slash), as: UTF8.self)
            directories.append(directory)
            directories.append(directory + "/../libexec/sentry-run")
        }
        return directories.map { $0 + "/" + name }
    }

    /// The first candidate that can be executed; `nil` where the installation is incomplete.
    package static func find(_ name: String = name) -> ReporterProgram? {
        candidates(
            name, libexec: environmentValue("SENTRY_RUN_LIBEXEC"), executable: ProcessIdentity.executablePath
        ).first(where: isExecutable).map(ReporterProgram.init)
    }
}
