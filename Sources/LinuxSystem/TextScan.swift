// Looking for many short texts at once, 64 bytes at a time.

import CLinux

/// Texts of seven bytes, in groups, that a scan looks for. Plain memory: whoever made it frees it.
package struct TextScan {
    /// With which of the processor's instructions.
    package enum Way: Int32, CaseIterable, Sendable {
        case avx2 = 1
        case avx512 = 2

        /// What this processor can, the best last.
        package static var possible: [Way] { allCases.filter { $0.rawValue <= clinux_scan_best() } }
    }

    /// Bytes of each text.
    package static let length = Int(clinux_scan_length)
    /// The fewer different bytes the texts of one group have at the same position, the fewer places are found in vain.
    package static let groups = Int(clinux_scan_groups)

    private let texts: UnsafeMutablePointer<clinux_scan_texts>

    /// - Parameter way: one that is possible.
    package init(_ way: Way) {
        texts = .allocate(capacity: 1)
        texts.initialize(to: clinux_scan_texts())
        texts.pointee.way = way.rawValue
    }

    /// In the best way; `nil` where the processor has not the instructions for any.
    package init?() {
        guard let way = Way(rawValue: clinux_scan_best()) else { return nil }
        self.init(way)
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
