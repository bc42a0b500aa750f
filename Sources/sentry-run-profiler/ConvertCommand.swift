// `sentry-run profile convert` and `diff`: from files of profiles to files.

import LinuxSystem
import Profiling
import RunOptions

/// Reads one profile or two and writes a file.
struct ConvertCommand {
    private let output: ProfileFile
    private let isQuiet: Bool

    /// Larger files than this are no profiles.
    private static let mostBytes = 1 << 30

    init(plan: RunPlan) {
        output = ProfileFile(path: plan.profile?.output, format: plan.profile?.format, title: "diff")
        isQuiet = plan.quiet
    }

    /// - Returns: the exit status.
    func convert(_ path: String) -> Int32 {
        guard let profile = read(path) else { return 1 }
        return written { () throws(SystemError) in try output.write(profile) }
    }

    /// - Returns: the exit status.
    func compare(_ before: String, with after: String) -> Int32 {
        guard ProfileComparison.formats.contains(output.format) else {
            let names = ProfileComparison.formats.map(\.rawValue).joined(separator: " or ")
            return complain("a comparison can be written as \(names), not as \(output.format.rawValue)", status: 125)
        }
        guard let before = read(before), let after = read(after) else { return 1 }
        let comparison = ProfileComparison(before: before, after: after)
        return written { () throws(SystemError) in try output.write(comparison) }
    }

    private func read(_ path: String) -> Profile? {
        let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
        do {
            let file = path == "-" ? .standardInput : try FileDescriptor.openWithoutWaiting(path)
            defer { if path != "-" { file.close() } }
            return try ProfileReader.profile(in: try file.readAll(limit: Self.mostBytes), name: name)
        } catch {
            _ = complain("\(path) can't be read as a profile: \(error)", status: 1)
            return nil
        }
    }

    private func written(_ write: () throws(SystemError) -> Void) -> Int32 {
        do throws(SystemError) { try write() } catch {
            return complain("\(output.path) can't be written: \(error)", status: 1)
        }
        if !isQuiet, output.path != "-" { say("sentry-run: wrote \(output.path)\n", on: .standardError) }
        return 0
    }
}
