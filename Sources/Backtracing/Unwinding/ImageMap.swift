// What is mapped where in a process: its images, their bytes, their unwind information.

import CUnwind
import LinuxSystem

/// The images of a process, from the text of its `/proc/PID/maps`.
///
/// Files are read with pread(2), in pieces that are kept: one that is truncated meanwhile harms nothing. Used by one thread.
package final class ImageMap: UnwindSpace {
    /// Ascending by address.
    package let images: [Image]
    package let mappings: [MemoryMapping]
    /// What could not be used, and why; sentences without a full stop.
    package let notes: [String]

    private let files: ImageFiles
    private let mappedFiles: [FileDescriptor?]
    private let headers: [ELFLayout?]
    private var tables: [FrameTable?]
    private var pieces: [UInt64: UnsafeMutableRawBufferPointer] = [:]
    private var pieceBytes = 0

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
        images = finder.found.map(\.image)
        headers = finder.found.map(\.header)
        tables = Array(repeating: nil, count: finder.found.count)
        mappedFiles = finder.mappedFiles
        files = finder.files
        notes = finder.files.notes
        super.init(
            memory: memory,
            code: mappings.filter(\.isExecutable).map {
                cunwind_range(start: $0.range.lowerBound, end: $0.range.upperBound)
            }, entryPoints: ImageMap.entryPoints(auxiliaryVector, finder.found))
    }

    deinit {
        files.close()
        for piece in pieces.values { piece.deallocate() }
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
    override func piece(at address: UInt64) -> cunwind_region? {
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

    // MARK: Unwind information

    /// The table of the image that holds an address; found once.
    override func table(at address: UInt64) -> cunwind_table? {
        guard let index = imageIndex(at: address) else { return nil }
        let table = tables[index] ?? findTable(of: images[index], headers[index])
        tables[index] = table
        if case .found(let table) = table { return table }
        return nil
    }
}

private let pieceSize: UInt64 = 16384
/// Enough for the unwind information of any program; a bound for a hostile one.
private let maximumPieceBytes = 256 << 20

/// Source: getauxval(3): AT_BASE, AT_ENTRY.
private let auxiliaryBase: UInt64 = 7
private let auxiliaryEntry: UInt64 = 9
