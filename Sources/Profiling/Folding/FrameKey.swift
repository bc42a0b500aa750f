// A frame before it has a name: one number.

/// A place in code, or a marker: what stacks are folded by.
struct FrameKey: Hashable {
    let value: UInt64

    /// At an address of the ``ImageLibrary``.
    init(library address: UInt64) { value = address }

    /// At an address of a process, in code that is in no file. `process` is its number among those that have such code.
    init(justInTime address: UInt64, process: Int) {
        value = Self.anonymous | UInt64(process & Self.mostProcesses) << 48 | address & 0xFFFF_FFFF_FFFF
    }

    /// In a function of an interpreted language. `code` is its number, `line` 0 where it is not known.
    init(code: Int, line: Int) {
        value = Self.interpreted | UInt64(code & Self.mostCodes) << 24 | UInt64(line & 0xFF_FFFF)
    }

    /// What stands in a stack where frames are missing.
    enum Marker: UInt64, CaseIterable {
        /// The stack goes on, but how is not known.
        case truncated
        /// The middle of a stack that is too deep.
        case omitted
        /// What was seldom was left out to bound memory.
        case pruned
        /// No code is at the address.
        case unknown
        /// It ended before a sample was due.
        case short
        /// The thread was ready, and waited for a processor: where is not known.
        case queued

        var text: String {
            switch self {
            case .truncated: "[truncated]"
            case .omitted: "[frames left out]"
            case .pruned: "[seldom]"
            case .unknown: "[unknown]"
            case .short: "[too short to be sampled]"
            case .queued: "[waiting for a processor]"
            }
        }
    }

    init(_ marker: Marker) { value = Self.markers | marker.rawValue }

    /// What a key stands for.
    enum Place {
        case library(UInt64)
        case justInTime(address: UInt64, process: Int)
        case interpreted(code: Int, line: Int)
        case marker(Marker)
    }

    var place: Place {
        switch value >> 60 {
        case Self.anonymous >> 60:
            .justInTime(address: value & 0xFFFF_FFFF_FFFF, process: Int(value >> 48) & Self.mostProcesses)
        case Self.interpreted >> 60:
            .interpreted(code: Int(value >> 24) & Self.mostCodes, line: Int(value & 0xFF_FFFF))
        case Self.markers >> 60: .marker(Marker(rawValue: value & 0xFF) ?? .unknown)
        default: .library(value)
        }
    }

    static let mostProcesses = 0xFFF
    static let mostCodes = 1 << 28 - 1
    private static let anonymous: UInt64 = 2 << 60
    private static let markers: UInt64 = 3 << 60
    private static let interpreted: UInt64 = 4 << 60
}
