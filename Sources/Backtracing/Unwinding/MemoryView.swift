// Memory of a process that was copied while it stood still.

import CUnwind

/// Bytes of a process, by their addresses in its address space.
///
/// Used by one thread: ``Unwinder`` looks into it without copying.
package final class MemoryView {
    private let regions: UnsafeMutableBufferPointer<cunwind_region>
    /// What ``regions`` point into, where that is ours.
    private var owned: [UnsafeMutableRawBufferPointer] = []

    /// Nothing was copied.
    package static func empty() -> MemoryView { MemoryView([]) }

    /// Copies the pieces. Where two overlap, the lower one counts; one that goes beyond the address space is left out.
    package convenience init(_ pieces: [(address: UInt64, bytes: [UInt8])]) {
        var owned: [UnsafeMutableRawBufferPointer] = []
        var borrowed: [(address: UInt64, bytes: UnsafeRawBufferPointer)] = []
        for piece in pieces where !piece.bytes.isEmpty {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.bytes.count, alignment: 8)
            copy.copyBytes(from: piece.bytes)
            owned.append(copy)
            borrowed.append((piece.address, UnsafeRawBufferPointer(copy)))
        }
        self.init(borrowing: borrowed)
        self.owned = owned
    }

    /// As the other, but the bytes stay where they are: they must outlive the view.
    package init(borrowing pieces: [(address: UInt64, bytes: UnsafeRawBufferPointer)]) {
        var kept: [cunwind_region] = []
        for piece in pieces.sorted(by: { $0.address < $1.address }) {
            let (end, overflow) = piece.address.addingReportingOverflow(UInt64(piece.bytes.count))
            guard !overflow, let base = piece.bytes.baseAddress, !piece.bytes.isEmpty else { continue }
            let start = max(piece.address, kept.last?.end ?? 0)
            guard start < end else { continue }
            let skipped = Int(start - piece.address)
            kept.append(
                cunwind_region(start: start, end: end, bytes: (base + skipped).assumingMemoryBound(to: UInt8.self)))
        }
        regions = .allocate(capacity: kept.count)
        _ = regions.initialize(from: kept)
    }

    deinit {
        regions.deallocate()
        for buffer in owned { buffer.deallocate() }
    }

    var rawRegions: UnsafeBufferPointer<cunwind_region> { UnsafeBufferPointer(regions) }

    /// The bytes from `address` on that are there: at most `count`, and none where not even the first is.
    package func bytes(at address: UInt64, count: Int) -> UnsafeRawBufferPointer {
        var low = 0
        var high = regions.count
        while low < high {
            let middle = (low + high) / 2
            if regions[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        guard low < regions.count, regions[low].start <= address, let base = regions[low].bytes, count > 0 else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        let available = Int(min(UInt64(count), regions[low].end - address))
        return UnsafeRawBufferPointer(start: base + Int(address - regions[low].start), count: available)
    }
}
