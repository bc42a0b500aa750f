// Looking for many short texts at once, 64 bytes at a time.

import CLinux

/// Texts of seven bytes, in groups, that a scan looks for. Plain memory: whoever made it frees it.
package struct TextScan {
    /// Bytes of each text.
    package static let length = Int(clinux_scan_length)
    /// The fewer different bytes the texts of one group have at the same position, the fewer places are found in vain.
    package static let groups = Int(clinux_scan_groups)

    private let texts: UnsafeMutablePointer<clinux_scan_texts>

    /// - Parameter vectors: what the processor has; `nil` where that is none.
    package init?(_ vectors: VectorInstructions = .best) {
        guard vectors != .none else { return nil }
        texts = .allocate(capacity: 1)
        texts.initialize(to: clinux_scan_texts())
        texts.pointee.vectors = vectors.rawValue
    }

    package func deallocate() { texts.deallocate() }

    /// - Parameter text: ``length`` bytes of ASCII.
    package func add(_ text: UnsafePointer<UInt8>, to group: Int) { clinux_scan_add(texts, Int32(group), text) }

    /// Offset of the first place where a text may be, wholly within the bytes; their count where there is none.
    @inline(__always) package func firstOffset(in bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        return clinux_scan(texts, base.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
}
