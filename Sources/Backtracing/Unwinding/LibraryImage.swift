// An ELF file that many processes have mapped.

import LinuxSystem

/// By what a mapped file is known again.
package enum FileIdentityClue: Sendable, Hashable {
    case buildID([UInt8])
    case inode(major: UInt32, minor: UInt32, inode: UInt64)
    case none
}

/// A file of an ``ImageLibrary``, with an address of its own there.
struct LibraryImage {
    /// As processes mapped it.
    let path: String
    /// `nil` where no file is there any more that is known to be the one.
    let file: FileDescriptor?
    let header: ELFLayout?
    /// Where its lowest address is in the library.
    let start: UInt64
    /// Ascending, in the library's addresses. Without a header its addresses are offsets in the file.
    private(set) var code: Range<UInt64>
    /// Bytes that are in no file: the vdso's.
    let contents: [UInt8]

    init(path: String, file: FileDescriptor?, header: ELFLayout?, contents: [UInt8], start: UInt64) {
        self.path = path
        self.file = file
        self.header = header
        self.contents = contents
        self.start = start
        code = start..<start
        if let header {
            let executable = header.loads.filter(\.isExecutable)
            let low = executable.map(\.address).min() ?? lowest
            let high = executable.map { $0.address &+ $0.memorySize }.max() ?? lowest
            let last = start + min(high &- lowest, imageSpan - 1)
            code =
                (start + min(low &- lowest, last - start))
                & ~(pageSize - 1)..<((last &+ pageSize - 1) & ~(pageSize - 1))
        } else {
            code = start..<(start + imageSpan)
        }
    }

    /// The lowest address of the file, of a whole page.
    var lowest: UInt64 { (header?.loads.map(\.address).min() ?? 0) & ~(pageSize - 1) }

    /// What is added to an address of the file to get the library's. Wraps around.
    var bias: UInt64 { start &- lowest }

    /// As the ``Symbolicator`` wants it.
    var image: Image {
        Image(
            path: path, isDeleted: file == nil, range: start..<(start + imageSpan), code: [code], bias: bias,
            preferredAddress: lowest, buildID: header?.buildID ?? [], machine: header?.machine ?? 0, file: file)
    }

    /// The difference between a process's addresses and the library's, where the process has mapped it so.
    func delta(mapping address: UInt64, fromOffset offset: UInt64) -> UInt64 {
        guard let header else { return start &+ offset &- address }
        let processBias = header.bias(mapping: address, fromOffset: offset, isExecutable: true) ?? (address &- offset)
        return bias &- processBias
    }

    /// Where in the file an address of the file is, and how far the bytes there go.
    func place(of address: UInt64) -> (offset: UInt64, segment: Range<UInt64>)? {
        guard let header else { return (address, 0..<imageSpan) }
        for segment in header.loads where address >= segment.address && address - segment.address < segment.fileSize {
            let (end, overflow) = segment.address.addingReportingOverflow(segment.fileSize)
            let (offset, beyond) = segment.offset.addingReportingOverflow(address - segment.address)
            guard !overflow, !beyond else { return nil }
            return (offset, segment.address..<end)
        }
        return nil
    }
}

/// Each image has as much of the library's address space, in bytes.
let imageSpan: UInt64 = 1 << 36
