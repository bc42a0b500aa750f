// Which function an address is in, by the tables of symbols.

/// A function's symbol, 24 bytes.
struct Symbol {
    /// In the file's address space.
    var address: UInt64
    /// Bytes; 0 where the assembler was not told.
    var size: UInt64
    /// Offset in the string table.
    var name: UInt32
    var section: UInt16
    /// `st_info`: binding and type.
    var info: UInt8
    /// Index in ``SymbolTable/strings``.
    var table: UInt8

    var end: UInt64 {
        let (end, overflow) = address.addingReportingOverflow(size)
        return overflow ? .max : end
    }
    var isLocal: Bool { info >> 4 == 0 }
    var isUntyped: Bool { info & 0xf == 0 }
}

/// The function symbols of an image and of its debug file, sorted by address. Names stay in the file until they are asked
/// for.
struct SymbolTable {
    struct Match: Equatable {
        /// As it is in the file, without a version.
        let name: String
        /// In the file's address space.
        let address: UInt64
    }

    /// Where the names of a table are, and where the sections that it refers to end.
    struct Strings {
        let source: ByteSource
        let start: UInt64
        let end: UInt64
        let sectionEnds: [UInt64?]
    }

    private(set) var symbols: [Symbol] = []
    private(set) var strings: [Strings] = []
    /// The highest end of this and all lower symbols: how far down one that covers an address can be.
    private var reach: [UInt64] = []
    /// More than this are not kept: 96 MB.
    static let maximumCount = 4_000_000
    private(set) var isTruncated = false

    init() {}

    /// Adds symbols of one string table; ``sort()`` comes before the next look-up.
    mutating func add(_ new: [Symbol], strings: Strings) {
        guard !new.isEmpty, self.strings.count < Int(UInt8.max) else { return }
        let table = UInt8(self.strings.count)
        let room = max(0, Self.maximumCount - symbols.count)
        if new.count > room { isTruncated = true }
        self.strings.append(strings)
        symbols.reserveCapacity(symbols.count + min(new.count, room))
        for symbol in new.prefix(room) {
            var symbol = symbol
            symbol.table = table
            symbols.append(symbol)
        }
    }

    mutating func sort() {
        symbols.sort { $0.address < $1.address }
        reach.removeAll(keepingCapacity: true)
        reach.reserveCapacity(symbols.count)
        var highest: UInt64 = 0
        for symbol in symbols {
            highest = max(highest, symbol.end)
            reach.append(highest)
        }
    }

    /// The function that an address of the file is in; `nil` between functions.
    func match(_ address: UInt64) -> Match? {
        let above = firstIndex(above: address)
        guard above > 0 else { return nil }
        if let covering = sizedSymbol(covering: address, below: above) {
            return best(of: symbolsAt(symbols[covering].address, from: covering) { $0.end > address })
        }
        return unsizedMatch(address, below: above)
    }

    /// The innermost symbol that covers the address: the one that begins last.
    private func sizedSymbol(covering address: UInt64, below above: Int) -> Int? {
        var index = above - 1
        while index >= 0, reach[index] > address {
            if symbols[index].end > address { return index }
            index -= 1
        }
        return nil
    }

    /// Functions in assembly often have no size: theirs ends where another symbol begins, or with the section.
    private func unsizedMatch(_ address: UInt64, below above: Int) -> Match? {
        let start = symbols[above - 1].address
        let candidates = symbolsAt(start, from: above - 1) { symbol in
            guard symbol.size == 0 else { return false }
            let ends = strings[Int(symbol.table)].sectionEnds
            guard Int(symbol.section) < ends.count, let end = ends[Int(symbol.section)] else { return false }
            return address < end
        }
        return best(of: candidates)
    }

    /// Those at `start` that satisfy `condition`; `index` is the last of them, or one from which they go down.
    private func symbolsAt(_ start: UInt64, from index: Int, where condition: (Symbol) -> Bool) -> [Symbol] {
        var index = index
        var found: [Symbol] = []
        while index >= 0, symbols[index].address == start, found.count < 64 {
            if condition(symbols[index]) { found.append(symbols[index]) }
            index -= 1
        }
        return found
    }

    /// Of several names of a function the one that programs use: `write` rather than `__write` or `__GI___write`.
    private func best(of candidates: [Symbol]) -> Match? {
        let named = candidates.compactMap { symbol in name(of: symbol).map { (symbol: symbol, name: $0) } }
        guard let best = named.min(by: { Self.rank($0.symbol, $0.name) < Self.rank($1.symbol, $1.name) }) else {
            return nil
        }
        return Match(name: best.name, address: best.symbol.address)
    }

    private static func rank(_ symbol: Symbol, _ name: String) -> (Int, Int, Int, String) {
        (symbol.isUntyped ? 1 : 0, symbol.isLocal ? 1 : 0, name.prefix { $0 == "_" }.count, name)
    }

    private func name(of symbol: Symbol) -> String? {
        let strings = strings[Int(symbol.table)]
        let (offset, overflow) = strings.start.addingReportingOverflow(UInt64(symbol.name))
        guard !overflow, let name = strings.source.string(at: offset, before: strings.end), !name.isEmpty else {
            return nil
        }
        // `$x` and `$d` of aarch64 and RISC-V mark code and data, they name nothing.
        if symbol.isUntyped, name.hasPrefix("$"), !name.hasPrefix("$s") { return nil }
        return name.splitAtVersion
    }

    private func firstIndex(above address: UInt64) -> Int {
        var low = 0
        var high = symbols.count
        while low < high {
            let middle = (low + high) / 2
            if symbols[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension String {
    /// Without `@GLIBC_2.2.5` or `@@GLIBC_2.34`.
    fileprivate var splitAtVersion: String {
        guard let at = firstIndex(of: "@"), at != startIndex else { return self }
        return String(self[..<at])
    }
}
