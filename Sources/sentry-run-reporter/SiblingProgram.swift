// The other programs of this installation.

import LinuxSystem

/// The path of a program beside us; `nil` where it is not installed.
func siblingProgram(_ name: String) -> String? {
    guard let own = ProcessIdentity.executablePath, let slash = own.utf8.lastIndex(of: UInt8(ascii: "/")) else {
        return nil
    }
    let path = String(own[...slash]) + name
    return isExecutable(path) ? path : nil
}
