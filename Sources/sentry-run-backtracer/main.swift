// sentry-run-backtracer: from the snapshot of a process to the stacks of its threads. A program of its own, so that a
// broken stack or a huge debug file can harm or delay nothing but itself.

import CrashReporting
import LinuxSystem
import SentryProtocol
import SupervisorLink

/// Reads the snapshot at ``BacktracerDescriptors``, and writes ``CrashStacks`` to stdout.
func runBacktracer(_ words: [String]) -> Int32 {
    guard let options = BacktracerOptions(words) else {
        return complain("this program is started by sentry-run-reporter; use sentry-run")
    }
    // The process is dead and waits for nobody; whoever still runs needs the processors more.
    ProcessIdentity.giveWay(by: 5)
    let file: MappedFile
    do throws(SystemError) { file = try MappedFile(BacktracerDescriptors.snapshot) } catch {
        return complain("the snapshot cannot be read: \(error)")
    }
    guard let snapshot = ProcessSnapshot(file.bytes) else { return complain("this is no snapshot of this version") }
    let backtracer = SnapshotBacktracer(
        snapshot, options, rootDirectory: BacktracerDescriptors.rootDirectory.ifOpen,
        executable: BacktracerDescriptors.executable.ifOpen)
    do throws(SystemError) { try FileDescriptor.standardOutput.writeAll(backtracer.stacks().jsonBytes) } catch {
        return complain("the stacks cannot be handed over: \(error)")
    }
    return 0
}

private func complain(_ sentence: String) -> Int32 {
    // Nobody can be told that nobody could be told.
    try? FileDescriptor.standardError.writeAll(Array("sentry-run-backtracer: \(sentence)\n".utf8))
    return 1
}

exitNow(runBacktracer(Array(CommandLine.arguments.dropFirst())))
