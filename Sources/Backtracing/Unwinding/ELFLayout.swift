// What unwinding needs of an ELF file: segments, build-id, a few sections. Nothing in it is trusted.

/// The headers of a 64-bit little-endian ELF file. Source: elf(5).
package struct ELFLayout: Sendable {
    package let machine: UInt16
    package let entry: UInt64
    package let segments: [Segment]
    /// The GNU build-id; empty where there is none. Go's own note is not one.
    package let buildID: [UInt8]
    private let sectionTable: SectionTable

    package struct Segment: Sendable, Equatable {
        package let kind: UInt32
        package let flags: UInt32
        package let offset: UInt64
        package let address: UInt64
        package let fileSize: UInt64
        package let memorySize: UInt64

        package static let load: UInt32 = 1
        package static let note: UInt32 = 4
        package static let unwindHeader: UInt32 = 0x6474_E550
        package var isExecutable: Bool { flags & 1 != 0 }
    }

    package struct Section: Sendable, Equatable {
        package let address: UInt64
        package let offset: UInt64
        package let size: UInt64
    }

    private struct SectionTable {
        let offset: UInt64
        let count: Int
        let names: Int
    }

    /// Reads at most `count` bytes of the file from `offset` on; fewer where it ends.
    package typealias Read = (_ offset: UInt64, _ count: Int) -> [UInt8]

    /// `nil` where it is no such file.
    package init?(_ read: Read) {
        let header = Bytes(read(0, 64))
        guard header.bytes.count == 64, header.bytes.prefix(6) == [0x7F, 0x45, 0x4C, 0x46, 2, 1] else { return nil }
        machine = header.u16(18)
        entry = header.u64(24)
        sectionTable = SectionTable(
            offset: header.u64(40), count: Int(header.u16(60)), names: Int(header.u16(62)))
        guard header.u16(54) == 56 else { return nil }
        let count = min(Int(header.u16(56)), ELFLayout.maximumSegments)
        let table = Bytes(read(header.u64(32), count * 56))
        let segments = (0..<count).compactMap { Segment(table, at: $0 * 56) }
        self.segments = segments
        var buildID: [UInt8] = []
        for segment in segments where segment.kind == Segment.note && buildID.isEmpty {
            buildID = gnuBuildID(in: segment, read) ?? []
        }
        self.buildID = buildID
    }

    private static let maximumSegments = 1024
    private static let maximumSections = 65536
    fileprivate static let maximumNotes: UInt64 = 65536

    package var loads: [Segment] { segments.filter { $0.kind == Segment.load } }

    /// What is added to addresses of the file where it is mapped so that file offset `offset` is at `address`.
    ///
    /// The kernel maps whole pages, so a mapping begins up to a page before its segment, and neighbours may share a page.
    ///
    /// - Returns: `nil` where no PT_LOAD of it can be mapped so.
    package func bias(mapping address: UInt64, fromOffset offset: UInt64, isExecutable: Bool) -> UInt64? {
        let candidates = loads.filter { segment in
            let start = segment.offset & ~(pageSize - 1)
            let (end, overflow) = segment.offset.addingReportingOverflow(segment.fileSize)
            return !overflow && offset >= start && offset < end
        }
        let fitting = candidates.first { $0.isExecutable == isExecutable && $0.offset & ~(pageSize - 1) == offset }
        guard let segment = fitting ?? candidates.last(where: { $0.isExecutable == isExecutable }) ?? candidates.last
        else { return nil }
        return address &+ (segment.offset &- offset) &- segment.address
    }

    /// From the lowest to the highest address of its PT_LOADs, in whole pages, where it is mapped with `bias`.
    package func range(bias: UInt64) -> Range<UInt64>? {
        let loads = loads
        guard let low = loads.map(\.address).min() else { return nil }
        let high = loads.map { $0.address &+ $0.memorySize }.max() ?? low
        let start = (low & ~(pageSize - 1)) &+ bias
        let end = ((high &+ (pageSize - 1)) & ~(pageSize - 1)) &+ bias
        return start < end ? start..<end : nil
    }

    /// A section by its name; `nil` where the file has no section headers any more, or none of that name.
    package func section(_ name: String, _ read: Read) -> Section? {
        let count = min(sectionTable.count, ELFLayout.maximumSections)
        guard sectionTable.offset != 0, sectionTable.names < count else { return nil }
        let table = Bytes(read(sectionTable.offset, count * 64))
        let wanted = Array(name.utf8) + [0]
        let namesOffset = table.u64(sectionTable.names * 64 + 24)
        let namesSize = table.u64(sectionTable.names * 64 + 32)
        let names = read(namesOffset, Int(min(namesSize, 1 << 20)))
        for index in 0..<count {
            let start = Int(table.u32(index * 64))
            guard start < names.count, names[start...].starts(with: wanted) else { continue }
            let at = index * 64
            return Section(address: table.u64(at + 16), offset: table.u64(at + 24), size: table.u64(at + 32))
        }
        return nil
    }
}

extension ELFLayout.Segment {
    fileprivate init?(_ table: Bytes, at offset: Int) {
        guard table.bytes.count >= offset + 56 else { return nil }
        kind = table.u32(offset)
        flags = table.u32(offset + 4)
        self.offset = table.u64(offset + 8)
        address = table.u64(offset + 16)
        fileSize = table.u64(offset + 32)
        memorySize = table.u64(offset + 40)
    }
}

/// Walks a note segment: u32 size of the name, u32 size of the content, u32 kind, both padded to 4 bytes.
private func gnuBuildID(in segment: ELFLayout.Segment, _ read: ELFLayout.Read) -> [UInt8]? {
    let notes = Bytes(read(segment.offset, Int(min(segment.fileSize, ELFLayout.maximumNotes))))
    var offset = 0
    while offset + 12 <= notes.bytes.count {
        let nameSize = Int(notes.u32(offset))
        let size = Int(notes.u32(offset + 4))
        let content = offset + 12 + (nameSize + 3) / 4 * 4
        guard content + size <= notes.bytes.count else { return nil }
        let isGNU = nameSize == 4 && Array(notes.bytes[offset + 12..<offset + 16]) == [0x47, 0x4E, 0x55, 0]
        if isGNU, notes.u32(offset + 8) == 3, size > 0, size <= 64 {
            return Array(notes.bytes[content..<content + size])
        }
        offset = content + (size + 3) / 4 * 4
    }
    return nil
}

/// The smallest page there is; larger ones are multiples.
let pageSize: UInt64 = 4096

/// Little-endian integers at offsets; what is beyond the end reads as 0.
struct Bytes {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func u16(_ offset: Int) -> UInt16 { load(offset) }
    func u32(_ offset: Int) -> UInt32 { load(offset) }
    func u64(_ offset: Int) -> UInt64 { load(offset) }

    private func load<Value: FixedWidthInteger>(_ offset: Int) -> Value {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= bytes.count else { return 0 }
        return bytes.withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }
}
