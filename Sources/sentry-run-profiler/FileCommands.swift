// `sentry-run profile convert` and `diff`: profiles that are in files already.

import LinuxSystem
import Profiling
import RunOptions

/// - Returns: the exit status.
func convertProfile(_ path: String, _ plan: RunPlan) -> Int32 {
    guard let profile = readProfile(path) else { return 1 }
    let file = ProfileFile(path: plan.profile?.output, format: plan.profile?.format, title: profile.title)
    return written { () throws(SystemError) in try file.write(profile) }
}

/// What changed from one profile to another.
func compareProfiles(_ before: String, _ after: String, _ plan: RunPlan) -> Int32 {
    guard let first = readProfile(before), let second = readProfile(after) else { return 1 }
    let comparison = ProfileComparison(before: first, after: second)
    let file = ProfileFile(path: plan.profile?.output, format: plan.profile?.format, title: "diff")
    guard ProfileComparison.formats.contains(file.format) else {
        let known = ProfileComparison.formats.map(\.rawValue).joined(separator: ", ")
        return complain("a comparison can be written as \(known), not as \(file.format.rawValue)", status: 125)
    }
    return written { () throws(SystemError) in
        try file.withFile { (opened) throws(SystemError) in try comparison.write(as: file.format, to: opened) }
        if file.path != "-" { say("sentry-run: the comparison is in \(file.path)\n", on: .standardError) }
    }
}

private func readProfile(_ path: String) -> Profile? {
    do {
        let file = try FileDescriptor.open(path, OpenFlags.readOnly)
        defer { file.close() }
        return try ProfileReader.profile(in: try file.readAll(limit: 1 << 30), name: path)
    } catch {
        _ = complain("\(path) cannot be read as a profile: \(error)", status: 1)
        return nil
    }
}

private func written(_ write: () throws(SystemError) -> Void) -> Int32 {
    do throws(SystemError) {
        try write()
        return 0
    } catch { return complain("the profile could not be written: \(error)", status: 1) }
}
