// Where the reporter's program is.

import LinuxSystem

/// A sibling program of this installation.
package struct ReporterProgram: Sendable, Equatable {
    package var path: String

    package init(path: String) { self.path = path }

    package static let name = "sentry-run-reporter"

    /// The first program in order of `$SENTRY_RUN_LIBEXEC`, beside the running program, `../libexec/sentry-run`.
    ///
    /// - Parameters:
    ///   - name: the sibling's file name.
    ///   - libexec: `$SENTRY_RUN_LIBEXEC`; empty is unset.
    ///   - executable: the running program's file.
    ///   - isThere: asked for one path after another.
    package static func path(
        _ name: String = name, libexec: String?, executable: String?, where isThere: (String) -> Bool
    ) -> String? {
        if let libexec, !libexec.isEmpty {
            let path = libexec + "/" + name
            if isThere(path) { return path }
        }
        guard let executable, let slash = executable.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        // A slice of bytes: generic code for texts would be mapped into every supervisor for this alone.
        let directory = String(decoding: executable.utf8.prefix(through: slash), as: UTF8.self)
        let beside = directory + name
        if isThere(beside) { return beside }
        let apart = directory + "../libexec/sentry-run/" + name
        return isThere(apart) ? apart : nil
    }

    /// `nil` where the installation is incomplete.
    package static func find(_ name: String = name) -> ReporterProgram? {
        path(
            name, libexec: environmentValue("SENTRY_RUN_LIBEXEC"), executable: ProcessIdentity.executablePath,
            where: isExecutable
        ).map(ReporterProgram.init)
    }
}
