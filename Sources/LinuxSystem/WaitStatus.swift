// What became of children.

import CLinux

/// The status word of wait(2), taken apart.
package enum WaitStatus: Sendable, Equatable {
    case exited(code: Int32)
    case killed(by: Signal, dumpedCore: Bool)
    case stopped(by: Signal)
    case continued

    /// - Parameter raw: as wait4(2) stores it.
    package init(raw: Int32) {
        switch raw & 0xff {
        case 0x7f: self = .stopped(by: Signal((raw >> 8) & 0xff))
        case 0xff where raw == 0xffff: self = .continued
        case let low where low & 0x7f == 0: self = .exited(code: (raw >> 8) & 0xff)
        default: self = .killed(by: Signal(raw & 0x7f), dumpedCore: raw & 0x80 != 0)
        }
    }

    /// Whether the process is gone.
    package var isEnd: Bool {
        switch self {
        case .exited, .killed: true
        case .stopped, .continued: false
        }
    }
}

/// One change of one child.
package struct ChildChange: Sendable {
    package let process: Int32
    /// The raw status word; ``status`` is its meaning.
    package let rawStatus: Int32
    /// From rusage (of the child and its waited-for descendants); all zero unless it ended.
    package let usage: ResourceUsage

    package var status: WaitStatus { WaitStatus(raw: rawStatus) }

    /// Takes the next change of any child of this process, orphans that came to it included; `nil` when there is none.
    ///
    /// Source: wait4(2) with WNOHANG | WUNTRACED | WCONTINUED.
    package static func take() throws(SystemError) -> ChildChange? {
        var change = clinux_child_change()
        guard try checked(clinux_take_child_change(&change), "wait4") == 1 else { return nil }
        return ChildChange(change)
    }

    /// Waits for the end of one child.
    ///
    /// - Throws: ECHILD where it is no child of ours or was waited for already.
    package static func waitForEnd(of process: Int32) throws(SystemError) -> ChildChange {
        var change = clinux_child_change()
        try checked(clinux_wait_for_end(process, &change), "wait4")
        return ChildChange(change)
    }

    package init(process: Int32, rawStatus: Int32, usage: ResourceUsage) {
        self.process = process
        self.rawStatus = rawStatus
        self.usage = usage
    }

    init(_ raw: clinux_child_change) {
        process = raw.process
        rawStatus = raw.status
        usage = ResourceUsage(
            userMicroseconds: raw.user_microseconds, systemMicroseconds: raw.system_microseconds,
            maxResidentKiB: raw.max_resident_kib, minorFaults: raw.minor_faults, majorFaults: raw.major_faults,
            blocksIn: raw.blocks_in, blocksOut: raw.blocks_out, voluntarySwitches: raw.voluntary_switches,
            involuntarySwitches: raw.involuntary_switches)
    }
}

/// The fields of rusage that Linux fills. Microseconds, KiB, 512-byte blocks, counts. Source: getrusage(2).
package struct ResourceUsage: Sendable, Equatable {
    package var userMicroseconds: Int64 = 0
    package var systemMicroseconds: Int64 = 0
    package var maxResidentKiB: Int64 = 0
    package var minorFaults: Int64 = 0
    package var majorFaults: Int64 = 0
    package var blocksIn: Int64 = 0
    package var blocksOut: Int64 = 0
    package var voluntarySwitches: Int64 = 0
    package var involuntarySwitches: Int64 = 0

    /// Not known.
    package static let none = ResourceUsage()
}
