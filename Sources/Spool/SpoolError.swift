// What can go wrong with the state directory.

import LinuxSystem

package enum SpoolError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It cannot be used, and writing there would be unsafe or pointless. `reason` says what to do.
    case unusableDirectory(path: String, reason: String)
    /// The disk or the user's disk quota is full; nothing was left behind.
    case noSpace(SystemError)
    /// Any other refusal while writing; nothing was left behind.
    case cannotWrite(SystemError)
    case cannotRead(SystemError)
    /// The envelope alone exceeds the spool's quota of `limit` bytes.
    case tooLarge(bytes: Int, limit: Int)

    /// Tells a full disk from the rest.
    init(writing error: SystemError) {
        self = error.isOutOfSpace ? .noSpace(error) : .cannotWrite(error)
    }

    package var description: String {
        switch self {
        case .unusableDirectory(let path, let reason): "state directory \(path): \(reason)"
        case .noSpace(let error): "no space for the report: \(error)"
        case .cannotWrite(let error): "cannot write the report: \(error)"
        case .cannotRead(let error): "cannot read the spool: \(error)"
        case .tooLarge(let bytes, let limit): "a report of \(bytes) bytes exceeds the spool's \(limit)"
        }
    }
}
