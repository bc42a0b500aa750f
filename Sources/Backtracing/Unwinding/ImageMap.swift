// What is mapped where in a process: its images, their bytes, their unwind information.

import CUnwind
import LinuxSystem

/// The images of a process, from the text of its `/proc/PID/maps`.
///
/// Files are read with pread(2), in pieces that are kept: one that is truncated meanwhile harms nothing. Used by one thread.
package final class ImageMap {
    /// Ascending by address.
    package let images: [Image]
    package let mappings: [MemoryMapping]
    /// What could not be used, and why; sentences without a full stop.
    package let notes: [String]
    package let memory: MemoryView
    let code: [cunwind_range]
    /// Where a thread of the main program may have begun: the entry point of the program, and of its loader.
    let entryPoints: [UInt64]

    private let files: ImageFiles
    private let mappedFiles: [FileDescriptor?]
    private let headers: [ELFLayout?]
    private var tables: [FrameTable?]
    private var pieces: [UInt64: UnsafeMutableRawBufferPointer] = [:]
    private var pieceBytes = 0
    private var madeTables: [UnsafeMutableRawBufferPointer] = []

    /// - Parameters:
    ///   - maps: `/proc/PID/maps`.
    ///   - auxiliaryVector: `/proc/PID/auxv`; empty where it is not known.
    ///   - memory: what was copied of the process: for the vdso and for images whose file is gone.
    ///   - rootDirectory: `/proc/PID/root`, by which its files are found; `nil` is our own.
    ///   - executable: `/proc/PID/exe`: it may be deleted. Both stay the caller's.
    package init(
        maps: String, auxiliaryVector: [UInt8] = [], memory: MemoryView, rootDirectory: FileDescriptor? = nil,
        executable: FileDescriptor? = nil
    ) {
        let mappings = MemoryMapping.parse(maps)
        var finder = ImageFinder(
            mappings: mappings, memory: memory,
            files: ImageFiles(rootDirectory: rootDirectory, executable: executable, memory: memory))
        finder.findImages()
        self.mappings = mappings
        self.memory = memory
        images = finder.found.map(\.image)
        headers = finder.found.map(\.header)
        tables = Array(repeating: nil, count: finder.found.count)
        mappedFiles = finder.mappedFiles
        files = finder.files
        notes = finder.files.notes
        code = mappings.filter(\.isExecutable).map {
            cunwind_range(start: $0.range.lowerBound, end: $0.range.upperBound)
        }
        entryPoints = ImageMap.entryPoints(auxiliaryVector, finder.found)
    }

    deinit {
        files.close()
        for piece in pieces.values { piece.deallocate() }
        for table in madeTables { table.deallocate() }
    }

    // MARK: Images

    package func imageIndex(at address: UInt64) -> Int? {
        var low = 0
        var high = images.count
        while low < high {
            let middle = (low + high) / 2
            if images[middle].range.upperBound <= address { low = middle + 1 } else { high = middle }
        }
        return low < images.count && images[low].range.contains(address) ? low : nil
    }

    package func image(at address: UInt64) -> Image? { imageIndex(at: address).map { images[$0] } }

    /// The first bytes of an image's `.text`, at most 4096: Sentry makes a debug id of them where there is no build-id.
    /// `nil` where its file is not there or has no section headers.
    package func beginningOfText(imageIndex index: Int) -> [UInt8]? {
        guard let file = images[index].file, let header = headers[index] else { return nil }
        let read = readIn(file)
        guard let text = header.section(".text", read) else { return nil }
        let bytes = read(text.offset, Int(min(text.size, 4096)))
        return bytes.isEmpty ? nil : bytes
    }

    /// The mapping that holds an address.
    package func mapping(at address: UInt64) -> MemoryMapping? { mappingIndex(at: address).map { mappings[$0] } }

    private func mappingIndex(at address: UInt64) -> Int? {
        var low = 0
        var high = mappings.count
        while low < high {
            let middle = (low + high) / 2
            if mappings[middle].range.upperBound <= address { low = middle + 1 } else { high = middle }
        }
        return low < mappings.count && mappings[low].range.contains(address) ? low : nil
    }

    private static func entryPoints(_ vector: [UInt8], _ found: [FoundImage]) -> [UInt64] {
        let words = Bytes(vector)
        var entries: [UInt64] = []
        for offset in stride(from: 0, to: vector.count, by: 16) {
            let value = words.u64(offset + 8)
            switch words.u64(offset) {
            case auxiliaryEntry: entries.append(value)
            case auxiliaryBase where value != 0:
                guard let loader = found.first(where: { $0.image.range.contains(value) }), let header = loader.header
                else { break }
                entries.append(header.entry &+ loader.image.bias)
            default: break
            }
        }
        return entries
    }

    // MARK: Bytes

    /// The bytes around an address in the file that is mapped there, or in a table that was made here.
    func piece(at address: UInt64) -> cunwind_region? {
        if address >= madeTablesStart { return madeTable(at: address) }
        guard let index = mappingIndex(at: address), let file = mappedFiles[index] else { return nil }
        let mapping = mappings[index].range
        let start = max(address & ~(pieceSize - 1), mapping.lowerBound)
        let (next, overflow) = (address & ~(pieceSize - 1)).addingReportingOverflow(pieceSize)
        let end = overflow ? mapping.upperBound : min(next, mapping.upperBound)
        let known = pieces[start]
        guard let bytes = known ?? readPiece(file, start..<end, mappings[index]), let base = bytes.baseAddress else {
            return nil
        }
        return cunwind_region(start: start, end: end, bytes: base.assumingMemoryBound(to: UInt8.self))
    }

    private func readPiece(
        _ file: FileDescriptor, _ range: Range<UInt64>, _ mapping: MemoryMapping
    ) -> UnsafeMutableRawBufferPointer? {
        guard pieceBytes < maximumPieceBytes else { return nil }
        let (offset, overflow) = mapping.fileOffset.addingReportingOverflow(range.lowerBound - mapping.range.lowerBound)
        guard !overflow else { return nil }
        // What is beyond the file's end reads as 0, as it does in the last page of a mapping.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 8)
        _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
        guard let count = try? file.read(at: offset, into: bytes), count > 0 else {
            bytes.deallocate()
            return nil
        }
        pieces[range.lowerBound] = bytes
        pieceBytes += range.count
        return bytes
    }

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

    /// The table of the image that holds an address; found once.
    func table(at address: UInt64) -> cunwind_table? {
        guard let index = imageIndex(at: address) else { return nil }
        let table = tables[index] ?? findTable(index)
        tables[index] = table
        if case .found(let table) = table { return table }
        return nil
    }

    private func findTable(_ index: Int) -> FrameTable {
        guard let header = headers[index] else { return .none }
        let image = images[index]
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

    private func madeTable(at address: UInt64) -> cunwind_region? {
        let index = Int((address - madeTablesStart) >> 32)
        guard index < madeTables.count else { return nil }
        let start = madeTablesStart + UInt64(index) << 32
        let end = start + UInt64(madeTables[index].count)
        guard address < end, let base = madeTables[index].baseAddress else { return nil }
        return cunwind_region(start: start, end: end, bytes: base.assumingMemoryBound(to: UInt8.self))
    }
}

/// Tables that were made here are said to be at addresses that no process of this machine can have: not canonical ones.
private let madeTablesStart: UInt64 = 0xF000_0000_0000_0000

private let pieceSize: UInt64 = 16384
/// Enough for the unwind information of any program; a bound for a hostile one.
private let maximumPieceBytes = 256 << 20
private let maximumFrameSection = 64 << 20

/// Source: getauxval(3): AT_BASE, AT_ENTRY.
private let auxiliaryBase: UInt64 = 7
private let auxiliaryEntry: UInt64 = 9
