// DWARF of one file, by libdw: which unit an address is in, and what that unit says about it.
//
// libdw maps the file and trusts it: a file that is truncated or made to break it ends this process. That is why
// symbolication has a process of its own.

import CDebugInfo
import LinuxSystem

/// The debug information of a file. Addresses are the file's own. One thread at a time.
final class DebugInformation {
    /// A place in the source, before the image's bias and the symbol table have been considered.
    struct Place {
        /// Demangled.
        var function: String?
        var linkageName: String?
        /// Of the function that is not inlined.
        var functionAddress: UInt64?
        var file: String?
        var line: Int?
        var column: Int?
        var isInlined: Bool
        var language: String?
    }

    private let elf: OpaquePointer
    private let dwarf: OpaquePointer
    private var alternate: (elf: OpaquePointer, dwarf: OpaquePointer, file: FileDescriptor)?
    private let deadline: MonotonicTime?
    private var aranges: OpaquePointer?
    /// Of the units that `.debug_aranges` does not know; made when one is first missed.
    private var scannedRanges: [UnitRange]?
    private var units: [UInt64: DebugUnit] = [:]
    /// Files of DWARF's split units that are not where the compiler wrote them.
    private(set) var missingSplitUnits: Set<String> = []
    /// Time ran out, so that some answers are missing.
    private(set) var isIncomplete = false

    private struct UnitRange {
        var start: UInt64
        var end: UInt64
        /// Of the unit's first entry.
        var offset: UInt64
    }

    /// Sections that are compressed are decompressed into memory; files with more than this are not read.
    static let maximumDecompressedSize: UInt64 = 768 << 20

    /// - Parameter file: stays the caller's, and open as long as this lives.
    init?(_ file: FileDescriptor, deadline: MonotonicTime?) {
        guard let (elf, dwarf) = Self.open(file) else { return nil }
        self.elf = elf
        self.dwarf = dwarf
        self.deadline = deadline
        var count = 0
        if dwarf_getaranges(dwarf, &aranges, &count) != 0 { aranges = nil }
    }

    deinit {
        units = [:]
        dwarf_end(dwarf)
        elf_end(elf)
        guard let alternate else { return }
        dwarf_end(alternate.dwarf)
        elf_end(alternate.elf)
        alternate.file.close()
    }

    private static func open(_ file: FileDescriptor) -> (elf: OpaquePointer, dwarf: OpaquePointer)? {
        elf_version(UInt32(EV_CURRENT))
        guard let elf = elf_begin(file.raw, ELF_C_READ_MMAP, nil) else { return nil }
        guard let dwarf = dwarf_begin_elf(elf, DWARF_C_READ, nil) else {
            elf_end(elf)
            return nil
        }
        // Sections that were compressed have been decompressed: their pages of the file are not looked at again.
        cdebuginfo_release_pages(elf)
        return (elf, dwarf)
    }

    /// Name and build-id of the file that dwz moved shared entries to; `nil` where it did not.
    var alternateLink: (name: String, buildID: [UInt8])? {
        var name: UnsafePointer<CChar>?
        var identifier: UnsafeRawPointer?
        let count = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &identifier)
        guard count > 0, let name, let identifier else { return nil }
        return (String(cString: name), Array(UnsafeRawBufferPointer(start: identifier, count: count)))
    }

    /// Takes the file of shared entries over.
    func useAlternate(_ file: FileDescriptor) {
        guard alternate == nil, let (elf, dwarf) = Self.open(file) else { return file.close() }
        alternate = (elf, dwarf, file)
        dwarf_setalt(self.dwarf, dwarf)
    }

    var isOverdue: Bool {
        guard let deadline, MonotonicTime.now > deadline else { return false }
        isIncomplete = true
        return true
    }

    /// Innermost first; empty where no unit has the address.
    func places(of address: UInt64) -> [Place] {
        guard !isOverdue, let offset = unitOffset(of: address), let unit = unit(at: offset) else { return [] }
        let places = unit.places(of: address)
        if unit.isIncomplete { isIncomplete = true }
        return places
    }

    private func unit(at offset: UInt64) -> DebugUnit? {
        if let unit = units[offset] { return unit }
        var die = Dwarf_Die()
        guard dwarf_offdie(dwarf, offset, &die) != nil else { return nil }
        let unit = DebugUnit(die, deadline: deadline)
        if let name = unit.missingSplitUnit { missingSplitUnits.insert(name) }
        units[offset] = unit
        return unit
    }
}

// MARK: - Units by address

extension DebugInformation {
    private func unitOffset(of address: UInt64) -> UInt64? {
        if let aranges, let range = dwarf_getarange_addr(aranges, address) {
            var start: Dwarf_Addr = 0
            var length: Dwarf_Word = 0
            var offset: Dwarf_Off = 0
            if dwarf_getarangeinfo(range, &start, &length, &offset) == 0, start > 0 { return offset }
        }
        let ranges = scannedRanges ?? scan()
        return Self.find(address, in: ranges)
    }

    /// Reads the ranges of all units, which compilers other than gcc leave to us.
    private func scan() -> [UnitRange] {
        var ranges: [UnitRange] = []
        var current: OpaquePointer?
        var next: OpaquePointer?
        var die = Dwarf_Die()
        var type: UInt8 = 0
        var count = 0
        while dwarf_get_units(dwarf, current, &next, nil, &type, &die, nil) == 0 {
            count += 1
            if count % 64 == 0, isOverdue { break }
            let offset = dwarf_dieoffset(&die)
            for range in addressRanges(of: &die) {
                ranges.append(UnitRange(start: range.lowerBound, end: range.upperBound, offset: offset))
            }
            current = next
        }
        ranges.sort { $0.start < $1.start }
        scannedRanges = ranges
        return ranges
    }

    /// Units do not overlap, but for broken ones: a few that begin lower are tried as well.
    private static func find(_ address: UInt64, in ranges: [UnitRange]) -> UInt64? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        return ranges[max(0, low - 16)..<low].last { $0.end > address }?.offset
    }
}

/// The addresses that an entry covers. Those at 0 are of functions that the linker left out.
func addressRanges(of die: inout Dwarf_Die) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    var base: Dwarf_Addr = 0
    var start: Dwarf_Addr = 0
    var end: Dwarf_Addr = 0
    var position = 0
    while ranges.count < 65536 {
        position = dwarf_ranges(&die, position, &base, &start, &end)
        guard position > 0 else { break }
        if start > 0, end > start { ranges.append(start..<end) }
    }
    return ranges
}
