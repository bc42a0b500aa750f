// The frame of an ELF file: its sections, its segments, its build-id. 64 bit, little-endian.
//
// Source: elf(5).

/// An ELF file's headers. Sections are in the order of the file, so that a symbol's index finds its own.
struct ELFFile {
    struct Section {
        let name: String
        let type: UInt32
        let flags: UInt64
        let address: UInt64
        let offset: UInt64
        let size: UInt64
        let link: Int
        let entrySize: UInt64

        var isExecutable: Bool { flags & 0x4 != 0 }
        var isCompressed: Bool { flags & 0x800 != 0 }
        /// Its bytes are in the file; in a debug file those of most sections are not (SHT_NOBITS).
        var hasContents: Bool { type != 8 && type != 0 && size > 0 }
        /// The end of its addresses; `nil` where it has none.
        var end: UInt64? {
            let (end, overflow) = address.addingReportingOverflow(size)
            return address == 0 || overflow ? nil : end
        }
    }

    struct Segment {
        let type: UInt32
        let offset: UInt64
        let address: UInt64
        let fileSize: UInt64
    }

    let source: ByteSource
    let machine: UInt16
    let sections: [Section]
    let segments: [Segment]
    /// The GNU build-id; empty where there is none.
    let buildID: [UInt8]

    /// Files of more sections or segments than this are broken.
    private static let maximumCount = 100_000

    /// `nil` when it is not a 64-bit little-endian ELF file.
    init?(_ source: ByteSource) {
        guard let header = source.read(0, exactly: 64), header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]),
            let machine = header.integer(18, as: UInt16.self)
        else { return nil }
        self.source = source
        self.machine = machine
        sections = Self.readSections(source, header)
        segments = Self.readSegments(source, header)
        buildID = Self.findBuildID(source, sections, segments)
    }

    func section(_ name: String) -> Section? { sections.first { $0.name == name } }

    /// The bytes of a section; `nil` when they are more than `limit`, or not all in the file.
    func contents(of section: Section, limit: Int = 64 << 20) -> [UInt8]? {
        guard section.hasContents, section.size <= UInt64(limit) else { return nil }
        return source.read(section.offset, exactly: Int(section.size))
    }

    /// It has DWARF's tree of entries, as a file with debug information has.
    var hasDebugInformation: Bool {
        sections.contains { ($0.name == ".debug_info" || $0.name == ".zdebug_info") && $0.hasContents }
    }

    /// Written by the Go toolchain: its symbols are as people write them.
    var isGo: Bool { sections.contains { $0.name == ".gopclntab" || $0.name == ".note.go.buildid" } }

    /// How many bytes its compressed sections are when they are not.
    var decompressedDebugSize: UInt64 {
        var total: UInt64 = 0
        for section in sections where section.hasContents {
            guard let header = source.read(section.offset, exactly: 16) else { continue }
            var size: UInt64 = 0
            if section.isCompressed {
                size = header.integer(8, as: UInt64.self) ?? 0
            } else if section.name.hasPrefix(".zdebug_"), header.starts(with: Array("ZLIB".utf8)) {
                size = header.integer(4, as: UInt64.self)?.byteSwapped ?? 0
            }
            let (sum, overflow) = total.addingReportingOverflow(size)
            total = overflow ? .max : sum
        }
        return total
    }
}

// MARK: - Reading

extension ELFFile {
    private static func readSections(_ source: ByteSource, _ header: [UInt8]) -> [Section] {
        guard let start = header.integer(40, as: UInt64.self), start > 0,
            header.integer(58, as: UInt16.self) == 64,
            var count = header.integer(60, as: UInt16.self).map(Int.init),
            var names = header.integer(62, as: UInt16.self).map(Int.init),
            let first = source.read(start, exactly: 64)
        else { return [] }
        // What does not fit the header is in the first section's.
        if count == 0 { count = Int(exactly: first.integer(32, as: UInt64.self) ?? 0) ?? 0 }
        if names == 0xffff { names = Int(first.integer(40, as: UInt32.self) ?? 0) }
        guard count > 0, count <= maximumCount, let table = source.read(start, exactly: count * 64) else { return [] }
        let strings = names < count ? sectionNames(source, table, names) : []
        return (0..<count).compactMap { section(table, at: $0 * 64, strings) }
    }

    private static func sectionNames(_ source: ByteSource, _ table: [UInt8], _ index: Int) -> [UInt8] {
        guard let offset = table.integer(index * 64 + 24, as: UInt64.self),
            let size = table.integer(index * 64 + 32, as: UInt64.self), size > 0, size < 16 << 20
        else { return [] }
        return source.read(offset, upTo: Int(size)) ?? []
    }

    private static func section(_ table: [UInt8], at offset: Int, _ strings: [UInt8]) -> Section? {
        guard let name = table.integer(offset, as: UInt32.self),
            let type = table.integer(offset + 4, as: UInt32.self),
            let flags = table.integer(offset + 8, as: UInt64.self),
            let address = table.integer(offset + 16, as: UInt64.self),
            let position = table.integer(offset + 24, as: UInt64.self),
            let size = table.integer(offset + 32, as: UInt64.self),
            let link = table.integer(offset + 40, as: UInt32.self),
            let entrySize = table.integer(offset + 56, as: UInt64.self)
        else { return nil }
        return Section(
            name: strings.text(at: Int(name)), type: type, flags: flags, address: address, offset: position,
            size: size, link: Int(link), entrySize: entrySize)
    }

    private static func readSegments(_ source: ByteSource, _ header: [UInt8]) -> [Segment] {
        guard let start = header.integer(32, as: UInt64.self), start > 0,
            header.integer(54, as: UInt16.self) == 56,
            let count = header.integer(56, as: UInt16.self).map(Int.init), count > 0,
            let table = source.read(start, exactly: count * 56)
        else { return [] }
        return (0..<count).compactMap { index in
            guard let type = table.integer(index * 56, as: UInt32.self),
                let offset = table.integer(index * 56 + 8, as: UInt64.self),
                let address = table.integer(index * 56 + 16, as: UInt64.self),
                let fileSize = table.integer(index * 56 + 32, as: UInt64.self)
            else { return nil }
            return Segment(type: type, offset: offset, address: address, fileSize: fileSize)
        }
    }

    /// Of a debug file only the section has it: its segments are those of the file it was taken from.
    private static func findBuildID(_ source: ByteSource, _ sections: [Section], _ segments: [Segment]) -> [UInt8] {
        let inSections = sections.filter { $0.type == 7 }.map { ($0.offset, $0.size) }
        let inSegments = segments.filter { $0.type == 4 }.map { ($0.offset, $0.fileSize) }
        for (offset, size) in inSections + inSegments where size > 0 && size <= 1 << 20 {
            guard let notes = source.read(offset, upTo: Int(size)) else { continue }
            if let id = buildID(inNotes: notes) { return id }
        }
        return []
    }

    private static func buildID(inNotes notes: [UInt8]) -> [UInt8]? {
        var position = 0
        while let nameSize = notes.integer(position, as: UInt32.self),
            let size = notes.integer(position + 4, as: UInt32.self),
            let type = notes.integer(position + 8, as: UInt32.self)
        {
            let name = position + 12
            let start = name + (Int(nameSize) + 3) & ~3
            let end = start + Int(size)
            guard end <= notes.count else { return nil }
            if type == 3, size > 0, nameSize == 4, notes[name..<name + 4].elementsEqual([0x47, 0x4e, 0x55, 0]) {
                return Array(notes[start..<end])
            }
            position = start + (Int(size) + 3) & ~3
        }
        return nil
    }
}
