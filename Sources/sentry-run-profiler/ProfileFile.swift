// The file that a profile is left in.

import LinuxSystem
import Profiling
import RunOptions

/// Where to, and in which form.
struct ProfileFile {
    /// `-` is stdout.
    let path: String
    let format: ProfileFormat

    /// - Parameters:
    ///   - path: as it was given; `nil` makes a name of `title`.
    ///   - format: `nil`: by the file's name.
    init(path: String?, format: ProfilePlan.Format?, title: String) {
        let asked = format.flatMap { ProfileFormat(named: $0.rawValue) }
        guard let path, !path.isEmpty else {
            self.format = asked ?? Self.usual
            self.path = "profile-\(Self.plain(title))\(self.format.fileNameEndings[0])"
            return
        }
        self.path = path
        self.format = asked ?? ProfileFormat(fileName: path) ?? Self.usual
    }

    private static let usual = ProfileFormat.html

    private static func plain(_ title: String) -> String {
        String(
            String.UnicodeScalarView(
                title.unicodeScalars.map {
                    $0.properties.isAlphabetic || "0123456789._".unicodeScalars.contains($0) ? $0 : "-"
                }))
    }

    func write(_ profile: Profile) throws(SystemError) {
        try write { file throws(SystemError) in try profile.write(as: format, to: file) }
    }

    func write(_ comparison: ProfileComparison) throws(SystemError) {
        try write { file throws(SystemError) in try comparison.write(as: format, to: file) }
    }

    private func write(_ body: (FileDescriptor) throws(SystemError) -> Void) throws(SystemError) {
        if path == "-" { return try body(.standardOutput) }
        let file = try FileDescriptor.open(path, OpenFlags.writeNew, mode: 0o666)
        defer { file.close() }
        try body(file)
    }
}
