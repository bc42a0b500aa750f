// Names of the procedure linkage table's entries, which have no symbols: the jump of an entry goes through a slot, and the
// slot's relocation has the symbol.

/// The slots of an image that dynamic relocations fill with functions, by their addresses.
struct ProcedureLinkage {
    private let file: ELFFile
    private let names: [UInt64: String]

    init(_ file: ELFFile) {
        self.file = file
        names = Self.slots(file)
    }

    /// `puts@plt` and the entry's address, for an address of the file in such an entry.
    func match(_ address: UInt64) -> SymbolTable.Match? {
        guard let section = file.sections.first(where: { $0.name.hasPrefix(".plt") && covers($0, address) }) else {
            return nil
        }
        let size: UInt64 = section.name == ".plt.got" && section.entrySize == 8 ? 8 : 16
        let entry = section.address + (address - section.address) / size * size
        guard let code = file.source.read(section.offset + (entry - section.address), upTo: Int(size)),
            let slot = Self.slot(code, at: entry, machine: file.machine), let name = names[slot]
        else { return nil }
        return SymbolTable.Match(name: name + "@plt", address: entry)
    }

    private func covers(_ section: ELFFile.Section, _ address: UInt64) -> Bool {
        guard section.hasContents, section.offset <= .max - section.size, let end = section.end else { return false }
        return address >= section.address && address < end
    }

    /// The slot that an entry jumps through.
    private static func slot(_ code: [UInt8], at address: UInt64, machine: UInt16) -> UInt64? {
        switch machine {
        case 62: slotOfX86(code, at: address)
        case 183: slotOfARM64(code, at: address)
        default: nil
        }
    }

    /// `jmp *displacement(%rip)`.
    private static func slotOfX86(_ code: [UInt8], at address: UInt64) -> UInt64? {
        for start in 0..<max(0, code.count - 5) where code[start] == 0xff && code[start + 1] == 0x25 {
            guard let displacement = code.integer(start + 2, as: Int32.self) else { return nil }
            return address &+ UInt64(start + 6) &+ UInt64(bitPattern: Int64(displacement))
        }
        return nil
    }

    /// `adrp x16, page` and `ldr x17, [x16, #offset]`, after a `bti` or not.
    private static func slotOfARM64(_ code: [UInt8], at address: UInt64) -> UInt64? {
        for start in stride(from: 0, to: code.count - 7, by: 4) {
            guard let page = code.integer(start, as: UInt32.self), page & 0x9f00_001f == 0x9000_0010,
                let load = code.integer(start + 4, as: UInt32.self), load & 0xffc0_03ff == 0xf940_0211
            else { continue }
            let low = Int64(page >> 29 & 3)
            let high = Int64(Int32(bitPattern: page << 8) >> 13) << 2
            let base = (address &+ UInt64(start)) & ~0xfff
            return base &+ UInt64(bitPattern: (high | low) << 12) &+ UInt64(load >> 10 & 0xfff) * 8
        }
        return nil
    }

    /// Names by slot, from `.rela.plt` and `.rela.dyn`.
    private static func slots(_ file: ELFFile) -> [UInt64: String] {
        var names: [UInt64: String] = [:]
        for section in file.sections where section.type == 4 && section.link < file.sections.count {
            let symbols = file.sections[section.link]
            guard symbols.type == 11, symbols.link < file.sections.count,
                let entries = file.contents(of: section, limit: 16 << 20),
                let table = file.contents(of: symbols), let strings = file.contents(of: file.sections[symbols.link])
            else { continue }
            for entry in stride(from: 0, to: entries.count - 23, by: 24) {
                guard let slot = entries.integer(entry, as: UInt64.self),
                    let symbol = entries.integer(entry + 12, as: UInt32.self), symbol != 0,
                    let name = table.integer(Int(symbol) * 24, as: UInt32.self)
                else { continue }
                let text = strings.text(at: Int(name))
                if !text.isEmpty { names[slot] = text }
            }
        }
        return names
    }
}
