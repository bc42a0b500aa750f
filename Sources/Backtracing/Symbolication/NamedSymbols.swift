// Where a name is in a file: the other way round than names are usually asked for, and for data too.

import LinuxSystem

/// A symbol that was asked for by its name.
package struct NamedSymbol: Sendable, Equatable {
    /// In the file's address space (`st_value`).
    package let address: UInt64
    /// Bytes; 0 where the file does not say.
    package let size: UInt64
}

/// Finds defined symbols of an ELF file by their names, in `.dynsym` and, where that is not enough, `.symtab`.
///
/// - Parameter file: read with pread(2); stays the caller's.
/// - Returns: those that are there; empty where it is no 64-bit ELF file.
package func findSymbols(named names: Set<String>, in file: FileDescriptor) -> [String: NamedSymbol] {
    guard let source = ByteSource(file), let elf = ELFFile(source) else { return [:] }
    var found: [String: NamedSymbol] = [:]
    for type in [dynamicSymbols, allSymbols] where found.count < names.count {
        for section in elf.sections where section.type == type && section.hasContents && section.entrySize == 24 {
            found.merge(symbols(of: section, elf, named: names)) { first, _ in first }
        }
    }
    return found
}

private func symbols(
    of section: ELFFile.Section, _ elf: ELFFile, named names: Set<String>
) -> [String: NamedSymbol] {
    guard section.link < elf.sections.count, let table = elf.contents(of: section),
        let strings = elf.contents(of: elf.sections[section.link])
    else { return [:] }
    let wanted = names.map { (name: $0, bytes: Array($0.utf8) + [0]) }
    var found: [String: NamedSymbol] = [:]
    for entry in stride(from: 0, to: table.count - 23, by: 24) {
        guard let offset = table.integer(entry, as: UInt32.self).map(Int.init), offset > 0, offset < strings.count,
            let home = table.integer(entry + 6, as: UInt16.self), home != 0,
            let address = table.integer(entry + 8, as: UInt64.self), address != 0,
            let size = table.integer(entry + 16, as: UInt64.self)
        else { continue }
        for (name, bytes) in wanted where strings[offset...].starts(with: bytes) {
            found[name] = NamedSymbol(address: address, size: size)
        }
    }
    return found
}

/// SHT_DYNSYM, SHT_SYMTAB. Source: elf(5).
private let dynamicSymbols: UInt32 = 11
private let allSymbols: UInt32 = 2
