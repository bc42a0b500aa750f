// What an unwinder sees of images, whoever holds them.

import CUnwind
import LinuxSystem

/// An address space with code in it: one process's (``ImageMap``), or one in which the images of many processes have a
/// place each (``ImageLibrary``). Used by one thread.
package class UnwindSpace {
    package let memory: MemoryView
    /// Where instructions are; ascending.
    var code: [cunwind_range]
    /// Where a thread of a main program may have begun: the entry points of programs, and of their loaders.
    var entryPoints: [UInt64]
    private var madeTables: [UnsafeMutableRawBufferPointer] = []

    init(memory: MemoryView, code: [cunwind_range], entryPoints: [UInt64]) {
        self.memory = memory
        self.code = code
        self.entryPoints = entryPoints
    }

    deinit {
        for table in madeTables { table.deallocate() }
    }

    /// The bytes around an address in the file that is mapped there, or in a table that was made here.
    func piece(at address: UInt64) -> cunwind_region? { nil }

    /// The table of the image that holds an address.
    func table(at address: UInt64) -> cunwind_table? { nil }

    /// At most `count` bytes of the process, copied or from files; fewer where they end.
    package func bytes(at address: UInt64, count: Int) -> [UInt8] {
        var result: [UInt8] = []
        var next = address
        while result.count < count {
            let wanted = count - result.count
            let captured = memory.bytes(at: next, count: wanted)
            if !captured.isEmpty {
                result.append(contentsOf: captured)
            } else if let piece = piece(at: next), let base = piece.bytes {
                let available = min(wanted, Int(piece.end - next))
                result.append(contentsOf: UnsafeBufferPointer(start: base + Int(next - piece.start), count: available))
            } else {
                break
            }
            let (end, overflow) = address.addingReportingOverflow(UInt64(result.count))
            if overflow { break }
            next = end
        }
        return result
    }

    // MARK: Unwind information

    /// - Parameter header: of the image's file; without one there is no table.
    func findTable(of image: Image, _ header: ELFLayout?) -> FrameTable {
        guard let header else { return .none }
        if let segment = header.segments.first(where: { $0.kind == ELFLayout.Segment.unwindHeader }) {
            let start = segment.address &+ image.bias
            if let table = FrameTableHeader(bytes(at: start, count: 24), size: segment.memorySize) {
                return .found(
                    cunwind_table(
                        code: cunwind_range(start: image.range.lowerBound, end: image.range.upperBound), base: start,
                        entries: start &+ table.entriesOffset, count: table.count))
            }
        }
        return makeTable(image, header)
    }

    private func makeTable(_ image: Image, _ header: ELFLayout) -> FrameTable {
        guard let file = image.file, let section = header.section(".eh_frame", readIn(file)) else { return .none }
        let bytes = readIn(file)(section.offset, Int(min(section.size, UInt64(maximumFrameSection))))
        var walk = FrameSectionWalk(
            section: bytes, at: section.address &+ image.bias, base: image.range.lowerBound)
        let entries = walk.entries()
        guard !entries.isEmpty else { return .none }
        let table = UnsafeMutableRawBufferPointer.allocate(byteCount: entries.count * 8, alignment: 8)
        for (index, entry) in entries.enumerated() {
            table.storeBytes(of: entry.start, toByteOffset: index * 8, as: Int32.self)
            table.storeBytes(of: entry.description, toByteOffset: index * 8 + 4, as: Int32.self)
        }
        madeTables.append(table)
        return .found(
            cunwind_table(
                code: cunwind_range(start: image.range.lowerBound, end: image.range.upperBound),
                base: image.range.lowerBound, entries: madeTablesStart + UInt64(madeTables.count - 1) << 32,
                count: UInt64(entries.count)))
    }

    func madeTable(at address: UInt64) -> cunwind_region? {
        let index = Int((address - madeTablesStart) >> 32)
        guard index < madeTables.count else { return nil }
        let start = madeTablesStart + UInt64(index) << 32
        let end = start + UInt64(madeTables[index].count)
        guard address < end, let base = madeTables[index].baseAddress else { return nil }
        return cunwind_region(start: start, end: end, bytes: base.assumingMemoryBound(to: UInt8.self))
    }
}

/// Tables that were made here are said to be at addresses that no process of this machine can have: not canonical ones.
let madeTablesStart: UInt64 = 0xF000_0000_0000_0000

private let maximumFrameSection = 64 << 20
