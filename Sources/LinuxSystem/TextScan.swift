// Looking for many short texts at once, 32 bytes at a time.

import CLinux

/// Texts of seven bytes, in groups, that a scan looks for. Plain memory: whoever made it frees it.
package struct TextScan {
    /// Bytes of each text.
    package static let length = Int(clinux_scan_length)
    /// The fewer different bytes the texts of one group have at the same position, the fewer places are found in vain.
    package static let groups = Int(clinux_scan_groups)

    private let texts: UnsafeMutablePointer<clinux_scan_texts>

    /// `nil` where the processor has not the instructions for it.
    package init?() {
        guard clinux_can_scan() else { return nil }
        texts = .allocate(capacity: 1)
        texts.initialize(to: clinux_scan_texts())
    }

    package func deallocate() { texts.deallocate() }

    /// - Parameter text: ``length`` bytes of ASCII.
    package func add(_ text: UnsafePointer<UInt8>, to group: Int) { clinux_scan_add(texts, Int32(group), text) }

    /// - Parameter text: begins a line; four bytes of ASCII at least.
    package func add(lineStart text: UnsafePointer<UInt8>) { clinux_scan_add_start(texts, text) }

    /// Offset of the first place where a text may be, or where a line begins as one of those do, behind a newline or a carriage
    /// return; the bytes' count where there is none. Of a line's beginning four bytes must be there.
    @inline(__always) package func firstOffsetOrLine(in bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        return clinux_scan_lines(texts, base.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// Offset of the first place where a text may be, wholly within the bytes; their count where there is none.
    @inline(__always) package func firstOffset(in bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        return clinux_scan(texts, base.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
}
