// Envelopes on a pipe: a u32 (little-endian) with the number of bytes, then the bytes, again and again.

import LinuxSystem

package enum EnvelopeStream {
    /// No envelope of ours is larger; a larger count means that the two programs do not understand each other.
    package static let limit = 64 << 20

    /// Reads until the end of the stream, or until it stops making sense.
    ///
    /// - Parameter take: gets each complete envelope; one that was cut short is left out.
    package static func read(_ file: FileDescriptor, _ take: ([UInt8]) -> Void) throws(SystemError) {
        while true {
            let head = try file.readAll(limit: 4)
            guard head.count == 4 else { return }
            let count = head.reversed().reduce(0) { $0 << 8 | Int($1) }
            guard count <= limit else { return }
            let body = try file.readAll(limit: count)
            guard body.count == count else { return }
            take(body)
        }
    }
}
