// The mappings of a process, from /proc/PID/maps.

import LinuxSystem

/// One line of maps: addresses are the process's.
struct MemoryRegion: Equatable {
    var start: UInt64
    /// First byte behind it.
    var end: UInt64
    var isReadable = false
    var isWritable = false
    var isExecutable = false
    /// Where in the file it begins; 0 where there is no file.
    var offset: UInt64 = 0
    /// 0 where there is no file.
    var inode: UInt64 = 0
    /// In the text: the path, `[stack]` and the like, or empty.
    var name: Range<Int> = 0..<0

    func contains(_ address: UInt64) -> Bool { start <= address && address < end }
}

/// All mappings, by address.
///
///     55d0c0a00000-55d0c0a2c000 r--p 00000000 fe:01 1835072    /usr/bin/bash
///
/// Source: proc(5).
struct MemoryMap {
    let text: [UInt8]
    private(set) var regions: [MemoryRegion] = []

    /// Lines that are no mappings are passed over.
    init(_ text: [UInt8]) {
        self.text = text
        text.withUnsafeBytes { bytes in
            var line = 0
            while line < bytes.count {
                let end = bytes[line...].firstIndex(of: newline) ?? bytes.count
                var scanner = MapLineScanner(bytes: bytes, position: line, end: end)
                if let region = scanner.region() { regions.append(region) }
                line = end + 1
            }
        }
    }

    /// The path, `[stack]` and the like, or empty.
    func name(of region: MemoryRegion) -> String { String(decoding: text[region.name], as: UTF8.self) }

    /// Where in ``regions`` the one is that holds the address, else the first one above it; `nil` where there is none.
    func index(atOrAbove address: UInt64) -> Int? {
        var low = 0
        var high = regions.count
        while low < high {
            let middle = (low + high) / 2
            if regions[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        return low < regions.count ? low : nil
    }
}

private let newline = UInt8(ascii: "\n")

private struct MapLineScanner {
    let bytes: UnsafeRawBufferPointer
    var position: Int
    let end: Int

    mutating func region() -> MemoryRegion? {
        guard let start = number(16), take("-"), let finish = number(16), take(" "), start < finish else { return nil }
        var region = MemoryRegion(start: start, end: finish)
        region.isReadable = next() == UInt8(ascii: "r")
        region.isWritable = next() == UInt8(ascii: "w")
        region.isExecutable = next() == UInt8(ascii: "x")
        _ = next()
        guard take(" "), let offset = number(16), take(" "), number(16) != nil, take(":"), number(16) != nil,
            take(" "), let inode = number(10)
        else { return nil }
        region.offset = offset
        region.inode = inode
        while position < end, bytes[position] == UInt8(ascii: " ") { position += 1 }
        region.name = position..<end
        return region
    }

    private mutating func next() -> UInt8? {
        guard position < end else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool { next() == UInt8(ascii: character) }

    private mutating func number(_ base: UInt64) -> UInt64? {
        let first = position
        var value: UInt64 = 0
        while position < end, let digit = digit(bytes[position]), digit < base {
            let (product, over) = value.multipliedReportingOverflow(by: base)
            guard !over else { return nil }
            value = product &+ digit
            position += 1
        }
        return position == first ? nil : value
    }

    private func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        default: nil
        }
    }
}
