import CrashReporting
import SentryProtocol

/// Where the fixtures' program lies.
let imageBase: UInt64 = 0x55D0_C0DE_0000

func frame(
    _ function: String?, _ offset: UInt64, line: Int? = nil, package: String = "/srv/app/importer",
    trust: String = "cfi"
) -> Frame {
    var frame = Frame(function: function, filename: line == nil ? nil : "rows.c", line: line)
    frame.instructionAddress = imageBase + offset
    frame.package = package
    frame.trust = trust
    return frame
}

let importer = DebugImage(
    codeFile: "/srv/app/importer", buildID: [0xF1, 0xC3, 0xBC, 0xC0], debugID: "c0bcc3f1-0000-0000-0000-000000000000",
    address: imageBase, size: 0x5000, architecture: "x86_64")

/// A thread's stack is given innermost first, as people read it.
func stacks(_ frames: [Frame], others: [ThreadRecord] = [], notes: [String] = []) -> CrashStacks {
    let trace = StackTrace(
        frames: frames.reversed(), registers: ["rip": frames.first?.instructionAddress ?? 0, "rax": 0])
    return CrashStacks(
        threads: [ThreadRecord(id: 4243, name: "worker", stackTrace: trace)] + others, images: [importer], notes: notes)
}

func segmentationFault(isJob: Bool = true) -> ProcessCrash {
    var crash = ProcessCrash(
        reason: .fatalSignal, process: 4242, thread: 4243, parent: 4000, name: "importer",
        executable: "/srv/app/importer", commandLine: ["importer", "--all"], isJob: isJob, signal: 11,
        signalInfo: SignalInfo(signal: 11, code: 1, detail: .fault(address: 0x10)),
        time: Timestamp(nanoseconds: 1_795_234_329_050_120_999), stoppedNanoseconds: 1_250_000)
    crash.explain(CrashStacks(), maps: "", errorLines: [])
    return crash
}
