// `.dynsym` of an image in memory, where there are no section headers: by way of PT_DYNAMIC.
//
// Source: elf(5); the number of symbols is only in the hash tables.

/// The dynamic symbols of an image and their names, copied out of its memory.
struct DynamicSymbols {
    /// `Elf64_Sym`s.
    let symbols: [UInt8]
    let strings: [UInt8]

    private static let maximumCount = 1_000_000
    private static let maximumStrings = 32 << 20

    /// `nil` when the image has none, or not all of it can be read.
    init?(_ contents: ImageContents, bias: UInt64) {
        guard let dynamic = Self.dynamicTable(contents) else { return nil }
        let memory = Memory(contents: contents, bias: bias)
        guard let symbolAddress = dynamic[6], let stringAddress = dynamic[5], let stringSize = dynamic[10],
            stringSize > 0, stringSize <= UInt64(Self.maximumStrings),
            let count = Self.count(memory, dynamic), count > 0, count <= Self.maximumCount,
            let symbols = memory.read(symbolAddress, count * 24),
            let strings = memory.read(stringAddress, Int(stringSize))
        else { return nil }
        self.symbols = symbols
        self.strings = strings
    }

    /// The loader of the C library turns the addresses of the dynamic table into those of the process, others leave them.
    private struct Memory {
        let contents: ImageContents
        let bias: UInt64

        func read(_ pointer: UInt64, _ count: Int) -> [UInt8]? {
            contents.read(pointer &- bias, count) ?? contents.read(pointer, count)
        }
    }

    /// The values of PT_DYNAMIC by their tags.
    private static func dynamicTable(_ contents: ImageContents) -> [UInt64: UInt64]? {
        guard let headers = programHeaders(contents) else { return nil }
        for start in stride(from: 0, to: headers.count - 55, by: 56) {
            guard headers.integer(start, as: UInt32.self) == 2,
                let address = headers.integer(start + 16, as: UInt64.self),
                let size = headers.integer(start + 40, as: UInt64.self), size <= 65536,
                let bytes = contents.read(address, Int(size))
            else { continue }
            var values: [UInt64: UInt64] = [:]
            for entry in stride(from: 0, to: bytes.count - 15, by: 16) {
                guard let tag = bytes.integer(entry, as: UInt64.self), tag != 0 else { break }
                values[tag] = bytes.integer(entry + 8, as: UInt64.self)
            }
            return values
        }
        return nil
    }

    private static func programHeaders(_ contents: ImageContents) -> [UInt8]? {
        guard let header = contents.read(contents.headerAddress, 64),
            header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]),
            let offset = header.integer(32, as: UInt64.self), header.integer(54, as: UInt16.self) == 56,
            let count = header.integer(56, as: UInt16.self), count > 0
        else { return nil }
        return contents.read(contents.headerAddress &+ offset, Int(count) * 56)
    }

    private static func count(_ memory: Memory, _ dynamic: [UInt64: UInt64]) -> Int? {
        if let hash = dynamic[4], let header = memory.read(hash, 8) {
            return header.integer(4, as: UInt32.self).map(Int.init)
        }
        guard let hash = dynamic[0x6fff_fef5] else { return nil }
        return countByGNUHash(memory, hash)
    }

    /// The last symbol is the end of the chain that begins last.
    private static func countByGNUHash(_ memory: Memory, _ hash: UInt64) -> Int? {
        guard let header = memory.read(hash, 16), let buckets = header.integer(0, as: UInt32.self),
            let first = header.integer(4, as: UInt32.self), let bloom = header.integer(8, as: UInt32.self),
            buckets > 0, buckets <= 1 << 20, bloom <= 1 << 20
        else { return nil }
        let bucketStart = hash &+ 16 &+ UInt64(bloom) * 8
        guard let table = memory.read(bucketStart, Int(buckets) * 4) else { return nil }
        let last = (0..<Int(buckets)).compactMap { table.integer($0 * 4, as: UInt32.self) }.max() ?? 0
        guard last >= first else { return Int(first) }
        let chains = bucketStart &+ UInt64(buckets) * 4
        for index in UInt64(last)..<UInt64(last) + 65536 {
            guard let entry = memory.read(chains &+ (index - UInt64(first)) * 4, 4)?.integer(0, as: UInt32.self) else {
                return nil
            }
            if entry & 1 == 1 { return Int(index) + 1 }
        }
        return nil
    }
}
