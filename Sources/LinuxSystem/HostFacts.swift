// What the kernel says about itself and about us without any file being read.

import CLinux
import Glibc

/// The host as calls describe it. A value, so that tests can make one up.
package struct HostFacts: Sendable, Equatable {
    /// gethostname(2); empty where it failed.
    package var hostName = ""
    /// uname(2): `6.1.0-13-amd64`.
    package var kernelRelease = ""
    /// uname(2): `#1 SMP PREEMPT_DYNAMIC Debian …`.
    package var kernelVersion = ""
    /// uname(2): `x86_64`.
    package var machine = ""
    /// CPUs that are online.
    package var processorCount = 0
    /// Bytes.
    package var memorySize: Int64 = 0
    /// Nanoseconds since 1970 by the wall clock.
    package var bootTime: Int64 = 0
    /// `nil` where the processor does not tell; /proc/cpuinfo may.
    package var processorBrand: String?
    package var workingDirectory: String?
    package var pid: Int32 = 0
    package var parent: Int32 = 0

    package init() {}

    /// The facts now.
    package static var current: HostFacts {
        var facts = HostFacts()
        facts.readName()
        facts.readKernel()
        facts.processorCount = max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        facts.memorySize = Int64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
        var sinceBoot = timespec()
        clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
        facts.bootTime =
            wallClockNanoseconds() - Int64(sinceBoot.tv_sec) * 1_000_000_000 - Int64(sinceBoot.tv_nsec)
        facts.readBrand()
        if let path = getcwd(nil, 0) {
            facts.workingDirectory = String(cString: path)
            free(path)
        }
        facts.pid = getpid()
        facts.parent = getppid()
        return facts
    }

    private mutating func readName() {
        var buffer = [CChar](repeating: 0, count: 256)
        if clinux_host_name(&buffer, buffer.count) == 0 { hostName = text(buffer) }
    }

    private mutating func readKernel() {
        var name = utsname()
        guard uname(&name) == 0 else { return }
        kernelRelease = withUnsafeBytes(of: name.release) { text($0.bindMemory(to: CChar.self)) }
        kernelVersion = withUnsafeBytes(of: name.version) { text($0.bindMemory(to: CChar.self)) }
        machine = withUnsafeBytes(of: name.machine) { text($0.bindMemory(to: CChar.self)) }
    }

    private mutating func readBrand() {
        var buffer = [CChar](repeating: 0, count: 64)
        guard clinux_processor_brand(&buffer, buffer.count) else { return }
        processorBrand = text(buffer).split(separator: " ").joined(separator: " ")
    }
}

/// Characters up to the first 0.
private func text(_ characters: some Sequence<CChar>) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The pid's process, parent and command name: `/proc/PID/stat`.
///
/// - Returns: `nil` when there is no such process (any more).
/// - Source: proc_pid_stat(5). The name is in parentheses and may contain any byte, parentheses too.
package func parseProcessStat(_ bytes: [UInt8]) -> (name: String, parent: Int32)? {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let close = bytes.lastIndex(of: UInt8(ascii: ")")),
        open < close
    else { return nil }
    let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard fields.count >= 2, let parent = Int32(String(decoding: fields[1], as: UTF8.self)) else { return nil }
    return (String(decoding: bytes[(open + 1)..<close], as: UTF8.self), parent)
}
