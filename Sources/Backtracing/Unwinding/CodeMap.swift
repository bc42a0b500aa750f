// Where a process has its code, and where the library has it.

import CUnwind

/// The code of one process of many: which addresses are those of which image of an ``ImageLibrary``.
///
/// A copy costs nothing until one of them changes: what a forked process has.
package struct CodeMap: Sendable {
    /// Ascending, without overlaps. What belongs to no file has a delta of 0.
    private(set) var entries: [cunwind_translation] = []

    /// A process with more mappings of code is not believed in.
    private static let maximumCount = 65536

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// Whether there is code at an address of the process.
    package func contains(_ address: UInt64) -> Bool {
        let index = firstIndex(endingAbove: address)
        return index < entries.count && entries[index].start <= address
    }

    /// Takes note of a mapping. What was there before is gone.
    ///
    /// - Parameter delta: from addresses of the process to the library's; 0 for code that is in no file.
    package mutating func map(_ range: Range<UInt64>, delta: UInt64) {
        guard !range.isEmpty, entries.count < Self.maximumCount else { return }
        let new = cunwind_translation(start: range.lowerBound, end: range.upperBound, delta: delta)
        if let last = entries.last, last.end > new.start {
            insert(new)
        } else {
            entries.append(new)
        }
    }

    private mutating func insert(_ new: cunwind_translation) {
        let first = firstIndex(endingAbove: new.start)
        var end = first
        var pieces: [cunwind_translation] = []
        while end < entries.count, entries[end].start < new.end {
            let old = entries[end]
            if old.start < new.start {
                pieces.append(cunwind_translation(start: old.start, end: new.start, delta: old.delta))
            }
            if old.end > new.end {
                pieces.append(cunwind_translation(start: new.end, end: old.end, delta: old.delta))
            }
            end += 1
        }
        pieces.append(new)
        entries.replaceSubrange(first..<end, with: pieces.sorted { $0.start < $1.start })
    }

    private func firstIndex(endingAbove address: UInt64) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
