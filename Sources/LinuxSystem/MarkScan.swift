// Looking for the beginnings of many short texts, and for runs of digits, 64 bytes at a time.

import CLinux

/// Beginnings of three bytes, in groups, that a scan looks for. Plain memory: whoever made it frees it.
package struct MarkScan {
    /// Bytes that are looked at together.
    package static let width = Int(clinux_marks_width)
    package static let groups = 8

    private let marks: UnsafeMutablePointer<clinux_marks>

    /// - Parameter vectors: what the processor has.
    package init(_ vectors: VectorInstructions = .best) {
        marks = .allocate(capacity: 1)
        marks.initialize(to: clinux_marks())
        marks.pointee.vectors = vectors.rawValue
    }

    package func deallocate() { marks.deallocate() }

    /// Allows a byte at a place (0 to 2) of the group's beginnings.
    package func allow(_ byte: UInt8, at place: Int, in group: Int) {
        clinux_marks_allow(marks, Int32(group), Int32(place), byte)
    }

    /// Allows all bytes there.
    package func allowAll(at place: Int, in group: Int) {
        for byte in UInt8.min...UInt8.max { allow(byte, at: place, in: group) }
    }

    /// A bit for each of the next ``width`` bytes from `start` on at which something may begin: `clinux_marks_find` says
    /// what. May be wrong only by having bits too many.
    @inline(__always) package func places(in bytes: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        guard let base = bytes.baseAddress, start < bytes.count else { return 0 }
        return clinux_marks_find(marks, (base + start).assumingMemoryBound(to: UInt8.self), bytes.count - start)
    }
}
