// The ELF files of all processes that are profiled, each read once.

import CUnwind
import LinuxSystem

/// Images of many processes in one address space, in which each file has a place of its own: what an ``Unwinder`` learned
/// of a file serves every process that has it mapped, wherever that is.
///
/// The places are at addresses that no process of this machine can have. Files are read with pread(2), in pieces of which
/// a bounded number is kept. Used by one thread.
package final class ImageLibrary: UnwindSpace {
    private struct Key: Hashable {
        let path: String
        let identity: FileIdentityClue
    }

    /// How the library gets at a process's files.
    package struct Access {
        /// Its number in our PID namespace; `nil` where it is gone.
        package var process: Int32?
        /// Where it has the mapping that is asked about.
        package var range: Range<UInt64>

        package init(process: Int32?, range: Range<UInt64>) {
            self.process = process
            self.range = range
        }
    }

    private var images: [LibraryImage] = []
    private var indices: [Key: Int] = [:]
    private var tables: [Int: FrameTable] = [:]
    private var pieces: [UInt64: UnsafeMutableRawBufferPointer] = [:]
    private var pieceBytes = 0
    /// Sentences without a full stop: files that could not be used.
    package private(set) var notes: [String] = []

    /// More files than these are not told apart from code without a file.
    private static let maximumImages = 16384
    private static let maximumNotes = 20
    /// Of files, in bytes: what all walks of a while need.
    private static let maximumPieceBytes = 6 << 20

    package init() { super.init(memory: .empty(), code: [], entryPoints: []) }

    deinit {
        for piece in pieces.values { piece.deallocate() }
        for image in images { image.file?.close() }
    }

    // MARK: Images

    /// What is added to the process's addresses in a mapping to get the library's; `nil` where there is no more room.
    package func delta(
        mapping range: Range<UInt64>, fromOffset offset: UInt64, path: String, identity: FileIdentityClue,
        access: Access
    ) -> UInt64? {
        let key = Key(path: path, identity: identity)
        guard let index = indices[key] ?? add(key, access) else { return nil }
        return images[index].delta(mapping: range.lowerBound, fromOffset: offset)
    }

    /// Whether an address is the library's, not a process's own.
    package func holds(_ address: UInt64) -> Bool { address >= libraryStart }

    /// The image at an address of the library, in the form that names are looked up by; `nil` for a process's own address.
    package func image(at address: UInt64) -> Image? { index(of: address).map { images[$0].image } }

    /// Path and build-id, in hexadecimal, of the image at an address of the library; `nil` where there is none.
    package func buildID(at address: UInt64) -> (path: String, buildID: String)? {
        guard let index = index(of: address), let id = images[index].header?.buildID, !id.isEmpty else { return nil }
        let digits = id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return (images[index].path, digits.joined())
    }

    /// Reads bytes of an image that has no file.
    package func contents(at address: UInt64) -> ImageContents? {
        guard let index = index(of: address), images[index].file == nil, !images[index].contents.isEmpty else {
            return nil
        }
        let image = images[index]
        return ImageContents(headerAddress: image.lowest) { address, count in
            guard let place = image.place(of: address), let offset = Int(exactly: place.offset), count >= 0,
                offset <= image.contents.count - count
            else { return nil }
            return Array(image.contents[offset..<(offset + count)])
        }
    }

    private func index(of address: UInt64) -> Int? {
        guard address >= libraryStart, address < madeTablesStart else { return nil }
        let index = Int((address - libraryStart) / imageSpan)
        return index < images.count ? index : nil
    }

    private func add(_ key: Key, _ access: Access) -> Int? {
        guard images.count < Self.maximumImages else { return nil }
        let found = key.path == vdsoPath ? ownVirtualObject() : open(key, access)
        // The kernel's records have build-ids, /proc/PID/maps has inodes: it is one file all the same.
        let byBuildID = found.header.map { Key(path: key.path, identity: .buildID($0.buildID)) }
        if let byBuildID, byBuildID.identity != .buildID([]) {
            if let known = indices[byBuildID] {
                found.file?.close()
                indices[key] = known
                return known
            }
            indices[byBuildID] = images.count
        }
        let image = LibraryImage(
            path: key.path, file: found.file, header: found.header, contents: found.contents,
            start: libraryStart + UInt64(images.count) * imageSpan)
        if image.header == nil {
            note("\(key.path) could not be read as it was mapped: no names, no unwind information")
        }
        let index = images.count
        images.append(image)
        indices[key] = index
        code.append(cunwind_range(start: image.code.lowerBound, end: image.code.upperBound))
        if let header = image.header, header.entry != 0 { entryPoints.append(header.entry &+ image.bias) }
        return index
    }

    private func note(_ text: String) {
        if notes.count < Self.maximumNotes { notes.append(text) }
    }

    // MARK: Files

    private typealias Found = (file: FileDescriptor?, header: ELFLayout?, contents: [UInt8])

    /// The kernel maps the same into every process, us included.
    private func ownVirtualObject() -> Found {
        let bytes = virtualObjectBytes()
        let header = ELFLayout { offset, count in
            guard let start = Int(exactly: offset), start < bytes.count else { return [] }
            return Array(bytes[start...].prefix(count))
        }
        return (nil, header, bytes)
    }

    /// By the process's own root while it lives, else by ours; only the very file that was mapped.
    private func open(_ key: Key, _ access: Access) -> Found {
        let suffix = " (deleted)"
        let isDeleted = key.path.hasSuffix(suffix)
        let path = isDeleted ? String(key.path.dropLast(suffix.count)) : key.path
        guard path.hasPrefix("/") else { return (nil, nil, []) }
        if let process = access.process {
            if let found = openMapped(process, access.range, key.identity, isDeleted) { return found }
            if !isDeleted, let root = try? FileDescriptor.directoryToSearch("/proc/\(process)/root") {
                defer { root.close() }
                if let found = verified(try? .openRegularFile(path, below: root), key.identity) { return found }
            }
        }
        return verified(try? .openRegularFile(path, below: nil), key.identity) ?? (nil, nil, [])
    }

    /// What has no name any more.
    private func openMapped(
        _ process: Int32, _ range: Range<UInt64>, _ identity: FileIdentityClue, _ isDeleted: Bool
    ) -> Found? {
        guard isDeleted else { return nil }
        let name = String(range.lowerBound, radix: 16) + "-" + String(range.upperBound, radix: 16)
        for path in ["/proc/\(process)/map_files/\(name)", "/proc/\(process)/exe"] {
            if let found = verified(try? .openRegularFile(path, below: nil), identity) { return found }
        }
        return nil
    }

    private func verified(_ file: FileDescriptor?, _ identity: FileIdentityClue) -> Found? {
        guard let file else { return nil }
        let header = ELFLayout(readIn(file))
        if isSame(file, header, identity) { return (file, header, []) }
        file.close()
        return nil
    }

    /// Some file systems (btrfs, overlayfs) show another device in stat(2) than the kernel has: then the inode decides.
    private func isSame(_ file: FileDescriptor, _ header: ELFLayout?, _ clue: FileIdentityClue) -> Bool {
        switch clue {
        case .buildID(let id): header?.buildID == id
        case .inode(_, _, let inode): file.inode == inode
        case .none: true
        }
    }

    // MARK: Bytes

    /// Whether bytes of files take more memory than they should: then it is time for ``releasePieces()``.
    package var holdsTooMuch: Bool { pieceBytes > Self.maximumPieceBytes }

    /// Frees the bytes that were read. ``Unwinder/forgetLoaded()`` comes first.
    package func releasePieces() {
        for piece in pieces.values { piece.deallocate() }
        pieces.removeAll(keepingCapacity: true)
        pieceBytes = 0
    }

    override func piece(at address: UInt64) -> cunwind_region? {
        if address >= madeTablesStart { return madeTable(at: address) }
        guard let index = index(of: address) else { return nil }
        let image = images[index]
        guard let place = image.place(of: address &- image.bias) else { return nil }
        let page = address & ~(pieceSize - 1)
        let start = max(page, place.segment.lowerBound &+ image.bias)
        let end = min(page + pieceSize, place.segment.upperBound &+ image.bias)
        guard start <= address, address < end else { return nil }
        guard let bytes = pieces[start] ?? read(image, start..<end, place.offset &- (address - start)),
            let base = bytes.baseAddress
        else { return nil }
        return cunwind_region(start: start, end: end, bytes: base.assumingMemoryBound(to: UInt8.self))
    }

    private func read(
        _ image: LibraryImage, _ range: Range<UInt64>, _ offset: UInt64
    ) -> UnsafeMutableRawBufferPointer? {
        guard pieceBytes < 4 * Self.maximumPieceBytes else { return nil }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 8)
        _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
        guard fill(bytes, image, offset) else {
            bytes.deallocate()
            return nil
        }
        pieces[range.lowerBound] = bytes
        pieceBytes += range.count
        return bytes
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer, _ image: LibraryImage, _ offset: UInt64) -> Bool {
        if let file = image.file { return (try? file.read(at: offset, into: bytes)).map { $0 > 0 } ?? false }
        guard let start = Int(exactly: offset), start < image.contents.count else { return false }
        bytes.copyBytes(from: image.contents[start...].prefix(bytes.count))
        return true
    }

    // MARK: Unwind information

    override func table(at address: UInt64) -> cunwind_table? {
        guard let index = index(of: address) else { return nil }
        let table = tables[index] ?? findTable(of: images[index].image, images[index].header)
        tables[index] = table
        if case .found(let table) = table { return table }
        return nil
    }
}

private let vdsoPath = "[vdso]"
private let pieceSize: UInt64 = 16384

/// Not a canonical address, and below ``madeTablesStart``.
private let libraryStart: UInt64 = 0x1000_0000_0000_0000
