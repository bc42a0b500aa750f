// The other programs of this installation.

import LinuxSystem

/// The path of a program beside us; `nil` where it is not installed.
func siblingProgram(_ name: String) -> String? {
    let directory = ProcessIdentity.executablePath.map { $0.split(separator: "/").dropLast().joined(separator: "/") }
    return directory.map { "/\($0)/\(name)" }.flatMap { isExecutable($0) ? $0 : nil }
}
