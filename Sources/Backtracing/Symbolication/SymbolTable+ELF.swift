// Symbols from the sections of a file, from the compressed table that distributions leave in stripped ones, and, of an
// image whose file is gone, from its memory.

import CDebugInfo

/// The loaded segments of an image, for one whose file is not there any more.
package struct ImageContents {
    /// `count` bytes at an address of the file's own address space (`p_vaddr`); `nil` where any of them is not there.
    package let read: (_ fileAddress: UInt64, _ count: Int) -> [UInt8]?

    /// Where the ELF header is, in the same address space: ``Image/preferredAddress``.
    package let headerAddress: UInt64

    package init(headerAddress: UInt64, read: @escaping (_ fileAddress: UInt64, _ count: Int) -> [UInt8]?) {
        self.headerAddress = headerAddress
        self.read = read
    }
}

extension SymbolTable {
    /// Adds the functions of `.symtab` and `.dynsym`.
    mutating func add(_ file: ELFFile) {
        let sectionEnds = file.sections.map(\.end)
        let executable = file.sections.map(\.isExecutable)
        for section in file.sections where (section.type == 2 || section.type == 11) && section.hasContents {
            guard section.entrySize == 24, section.link < file.sections.count else { continue }
            let names = file.sections[section.link]
            guard names.type == 3, names.offset <= .max - names.size else { continue }
            add(
                Self.functions(file.source, section, executable),
                strings: Strings(
                    source: file.source, start: names.offset, end: names.offset + names.size,
                    sectionEnds: sectionEnds))
        }
    }

    /// Adds those of `.gnu_debugdata`: an ELF file of nothing but symbols, compressed with xz.
    mutating func addMiniDebugInformation(of file: ELFFile) {
        guard let section = file.section(".gnu_debugdata"),
            let compressed = file.contents(of: section, limit: 32 << 20),
            let bytes = decompressed(compressed), let mini = ELFFile(.bytes(bytes))
        else { return }
        add(mini)
    }

    /// Adds those of `.dynsym` as it is in memory.
    mutating func add(_ contents: ImageContents, bias: UInt64) {
        guard let table = DynamicSymbols(contents, bias: bias) else { return }
        let symbols = Self.functions(table.symbols, executable: nil)
        let strings = ByteSource.bytes(table.strings)
        add(symbols, strings: Strings(source: strings, start: 0, end: strings.size, sectionEnds: []))
    }

    /// In windows, so that only functions take memory.
    private static func functions(_ source: ByteSource, _ section: ELFFile.Section, _ executable: [Bool]) -> [Symbol] {
        var found: [Symbol] = []
        let window = 24 * 40_000
        var position = section.offset
        let (end, overflow) = section.offset.addingReportingOverflow(section.size)
        guard !overflow else { return [] }
        while position < end, found.count <= maximumCount,
            let bytes = source.read(position, upTo: Int(min(UInt64(window), end - position))), bytes.count >= 24
        {
            found += functions(bytes, executable: executable)
            position += UInt64(bytes.count)
        }
        return found
    }

    /// - Parameter executable: by section; `nil` where the sections are not known.
    private static func functions(_ bytes: [UInt8], executable: [Bool]?) -> [Symbol] {
        var found: [Symbol] = []
        bytes.withUnsafeBytes { buffer in
            for start in stride(from: 0, to: buffer.count - 23, by: 24) {
                let info = buffer[start + 4]
                let section = UInt16(littleEndian: buffer.loadUnaligned(fromByteOffset: start + 6, as: UInt16.self))
                guard isFunction(info, section, executable) else { continue }
                let name = UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: start, as: UInt32.self))
                let value = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
                let size = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self))
                guard name != 0, value != 0 else { continue }
                found.append(
                    Symbol(address: value, size: size, name: name, section: section, info: info, table: 0))
            }
        }
        return found
    }

    /// STT_FUNC, STT_GNU_IFUNC, and STT_NOTYPE among the instructions; not undefined, not absolute.
    private static func isFunction(_ info: UInt8, _ section: UInt16, _ executable: [Bool]?) -> Bool {
        guard section != 0, section < 0xff00 || section == 0xffff else { return false }
        switch info & 0xf {
        case 2, 10: return true
        case 0:
            guard let executable, Int(section) < executable.count else { return false }
            return executable[Int(section)]
        default: return false
        }
    }
}

private func decompressed(_ bytes: [UInt8]) -> [UInt8]? {
    var count = 0
    guard let output = cdebuginfo_unxz(bytes, bytes.count, 64 << 20, &count) else { return nil }
    defer { cdebuginfo_free(output) }
    return Array(UnsafeBufferPointer(start: output, count: count))
}
