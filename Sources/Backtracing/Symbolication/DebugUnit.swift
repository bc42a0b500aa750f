// One compilation unit: its functions by address, the inlined calls within them, and its lines.

import CDebugInfo
import LinuxSystem

/// A unit of debug information that an address was found in. Its functions are listed when it is first asked.
final class DebugUnit {
    private struct Function {
        var start: UInt64
        var end: UInt64
        var die: Dwarf_Die
    }

    /// With the lines: the unit itself, of a split unit its skeleton.
    private var lines: Dwarf_Die
    /// With the functions.
    private var root: Dwarf_Die
    private let deadline: MonotonicTime?
    private let language: String?
    private let directory: String?
    private var functions: [Function]?
    private var nestedFunctions: [Function]?
    private var visited = 0
    /// Time ran out before all functions were listed.
    private(set) var isIncomplete = false
    /// The name of a split unit that is not there.
    private(set) var missingSplitUnit: String?

    init(_ die: Dwarf_Die, deadline: MonotonicTime?) {
        var die = die
        lines = die
        root = die
        self.deadline = deadline
        directory = string(&die, DW_AT_comp_dir)
        let split = Self.splitRoot(&die, directory)
        root = split.root ?? die
        missingSplitUnit = split.missing
        language = languageName(dwarf_srclang(&root))
    }

    /// Innermost first; empty where it has neither function nor line.
    func places(of address: UInt64) -> [DebugInformation.Place] {
        var chain = function(at: address).map { inlineChain(from: $0, to: address) } ?? []
        var place = linePlace(of: address)
        guard !chain.isEmpty else { return place.line == nil ? [] : [place] }
        var places: [DebugInformation.Place] = []
        while var die = chain.popLast() {
            let isInlined = !chain.isEmpty
            name(&place, by: &die)
            place.isInlined = isInlined
            if !isInlined { place.functionAddress = entry(of: &die) }
            places.append(place)
            if isInlined { place = callPlace(of: &die) }
        }
        return places
    }
}

// MARK: - Names and places

extension DebugUnit {
    private func name(_ place: inout DebugInformation.Place, by die: inout Dwarf_Die) {
        place.language = language
        place.linkageName = string(&die, DW_AT_linkage_name) ?? string(&die, DW_AT_MIPS_linkage_name)
        if let linkageName = place.linkageName {
            place.function = language == "go" ? linkageName : Demangler.demangle(linkageName).function
        } else {
            place.function = string(&die, DW_AT_name)
        }
    }

    private func linePlace(of address: UInt64) -> DebugInformation.Place {
        var place = DebugInformation.Place(isInlined: false, language: language)
        guard let line = dwarf_getsrc_die(&lines, address) else { return place }
        var number: Int32 = 0
        var column: Int32 = 0
        if let source = dwarf_linesrc(line, nil, nil) { place.file = absolute(String(cString: source)) }
        guard place.file != nil else { return place }
        if dwarf_lineno(line, &number) == 0, number > 0 { place.line = Int(number) }
        if dwarf_linecol(line, &column) == 0, column > 0 { place.column = Int(column) }
        return place
    }

    /// Where an inlined function was called.
    private func callPlace(of die: inout Dwarf_Die) -> DebugInformation.Place {
        var place = DebugInformation.Place(isInlined: false, language: language)
        place.line = number(&die, DW_AT_call_line)
        place.column = number(&die, DW_AT_call_column)
        guard let index = number(&die, DW_AT_call_file, orZero: true) else { return place }
        var files: OpaquePointer?
        var count = 0
        guard dwarf_getsrcfiles(&root, &files, &count) == 0, let files, index < count,
            let name = dwarf_filesrc(files, index, nil, nil)
        else { return place }
        place.file = absolute(String(cString: name))
        return place
    }

    /// `nil` for what compilers write where there is no source: `<compiler-generated>`, `<artificial>`.
    private func absolute(_ path: String) -> String? {
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        if name.hasPrefix("<"), name.hasSuffix(">") { return nil }
        guard !path.hasPrefix("/"), let directory else { return normalized(path) }
        return normalized(joined(directory, path))
    }

    private func entry(of die: inout Dwarf_Die) -> UInt64? {
        var address: Dwarf_Addr = 0
        return dwarf_entrypc(&die, &address) == 0 ? address : nil
    }
}

// MARK: - Functions by address

extension DebugUnit {
    /// Most functions are the unit's own or a namespace's or class's; only when none of them has the address are those
    /// inside functions listed, for which every entry of the unit must be read.
    private func function(at address: UInt64) -> Dwarf_Die? {
        if functions == nil { functions = list(nested: false) }
        if let found = Self.find(address, in: functions ?? []) { return found }
        if nestedFunctions == nil { nestedFunctions = list(nested: true) }
        return Self.find(address, in: nestedFunctions ?? [])
    }

    private static func find(_ address: UInt64, in functions: [Function]) -> Dwarf_Die? {
        var low = 0
        var high = functions.count
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        return functions[max(0, low - 16)..<low].last { $0.end > address }?.die
    }

    private func list(nested: Bool) -> [Function] {
        var functions: [Function] = []
        visit(&root, depth: 0, nested: nested, &functions)
        functions.sort { $0.start < $1.start }
        return functions
    }

    private func visit(_ parent: inout Dwarf_Die, depth: Int, nested: Bool, _ functions: inout [Function]) {
        var child = Dwarf_Die()
        guard depth < 64, dwarf_child(&parent, &child) == 0 else { return }
        repeat {
            visited += 1
            if visited % 4096 == 0, let deadline, MonotonicTime.now > deadline { isIncomplete = true }
            if isIncomplete { return }
            let tag = Int(dwarf_tag(&child))
            if tag == DW_TAG_subprogram {
                for range in addressRanges(of: &child) {
                    functions.append(Function(start: range.lowerBound, end: range.upperBound, die: child))
                }
            }
            if nested || isScopeOfFunctions(tag) { visit(&child, depth: depth + 1, nested: nested, &functions) }
        } while advance(&child)
    }

    private func isScopeOfFunctions(_ tag: Int) -> Bool {
        tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_module
            || tag == DW_TAG_enumeration_type || tag == DW_TAG_union_type
    }

    /// The function, and the inlined ones in it that the address is in, outermost first.
    private func inlineChain(from function: Dwarf_Die, to address: UInt64) -> [Dwarf_Die] {
        var chain = [function]
        var scope = function
        var depth = 0
        while depth < 256, let inner = innerScope(of: &scope, at: address, depth: 0) {
            chain.append(inner)
            scope = inner
            depth += 1
        }
        return chain
    }

    /// The inlined call in `scope`, or in the blocks in it, that the address is in.
    private func innerScope(of scope: inout Dwarf_Die, at address: UInt64, depth: Int) -> Dwarf_Die? {
        var child = Dwarf_Die()
        guard depth < 64, dwarf_child(&scope, &child) == 0 else { return nil }
        repeat {
            let tag = Int(dwarf_tag(&child))
            if tag == DW_TAG_inlined_subroutine {
                if dwarf_haspc(&child, address) == 1 { return child }
            } else if tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block {
                // Blocks without addresses of their own have those of what is around them.
                if dwarf_haspc(&child, address) != 0,
                    let found = innerScope(of: &child, at: address, depth: depth + 1)
                {
                    return found
                }
            }
        } while advance(&child)
        return nil
    }
}

// MARK: - Split units

extension DebugUnit {
    /// The entries of a unit that the compiler wrote to a file of its own (`-gsplit-dwarf`).
    private static func splitRoot(_ die: inout Dwarf_Die, _ directory: String?) -> (root: Dwarf_Die?, missing: String?)
    {
        guard let name = string(&die, DW_AT_dwo_name) ?? string(&die, DW_AT_GNU_dwo_name) else { return (nil, nil) }
        let path = name.hasPrefix("/") ? name : joined(directory ?? "", name)
        // libdw opens what the name says, whatever it is; one that is not a regular file could hold us.
        guard path.hasPrefix("/"), let file = try? FileDescriptor.openRegularFile(path, below: nil) else {
            return (nil, path)
        }
        file.close()
        var unit = Dwarf_Die()
        var split = Dwarf_Die()
        guard dwarf_cu_info(die.cu, nil, nil, &unit, &split, nil, nil, nil) == 0, split.addr != nil else {
            return (nil, path)
        }
        return (split, nil)
    }
}

// MARK: - Attributes

/// A string attribute of an entry or of what it is an instance of.
private func string(_ die: inout Dwarf_Die, _ name: Int) -> String? {
    var attribute = Dwarf_Attribute()
    guard dwarf_attr_integrate(&die, UInt32(name), &attribute) != nil, let text = dwarf_formstring(&attribute) else {
        return nil
    }
    return String(cString: text)
}

/// From an entry to the one after it on its level; `false` after the last.
private func advance(_ die: inout Dwarf_Die) -> Bool {
    var next = Dwarf_Die()
    guard dwarf_siblingof(&die, &next) == 0 else { return false }
    die = next
    return true
}

/// A number of an entry itself; 0 is none, unless asked for.
private func number(_ die: inout Dwarf_Die, _ name: Int, orZero: Bool = false) -> Int? {
    var attribute = Dwarf_Attribute()
    var value: Dwarf_Word = 0
    guard dwarf_attr(&die, UInt32(name), &attribute) != nil, dwarf_formudata(&attribute, &value) == 0,
        value > 0 || orZero
    else { return nil }
    return Int(exactly: value)
}

/// Without `.` and `..`, as far as the path alone tells.
func normalized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
        if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
}

/// DW_AT_language as a word.
private func languageName(_ code: Int32) -> String? {
    switch code {
    case 0x01, 0x02, 0x0c, 0x1d, 0x2c: "c"
    case 0x04, 0x1a, 0x21, 0x2b: "c++"
    case 0x03, 0x0d, 0x2e, 0x2f: "ada"
    case 0x07, 0x08, 0x0e, 0x22, 0x23: "fortran"
    case 0x09: "pascal"
    case 0x10: "objective-c"
    case 0x11: "objective-c++"
    case 0x13: "d"
    case 0x16: "go"
    case 0x18: "haskell"
    case 0x1b: "ocaml"
    case 0x1c: "rust"
    case 0x1e: "swift"
    case 0x1f: "julia"
    case 0x26: "kotlin"
    case 0x27: "zig"
    case 0x28: "crystal"
    case 0x8001: "assembly"
    default: nil
    }
}
