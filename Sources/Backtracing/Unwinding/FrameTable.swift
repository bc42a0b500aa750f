// The sorted table of an image's unwind information: its own (.eh_frame_hdr), or one that is made of .eh_frame.

import CUnwind

/// Where the table of an image is.
enum FrameTable {
    case none
    case found(cunwind_table)
}

/// `.eh_frame_hdr` as the linker lays it out: version 1, encodings of the pointer to .eh_frame, of the count, of the table.
/// Source: Linux Standard Base, Core, 10.6.2.
struct FrameTableHeader {
    let entriesOffset: UInt64
    let count: UInt64

    /// - Parameter size: of the segment; no more pairs are believed in than fit.
    init?(_ bytes: [UInt8], size: UInt64) {
        guard bytes.count >= 16, bytes[0] == 1, bytes[2] == Encoding.unsigned4, bytes[3] == Encoding.tableOfSigned4,
            let pointer = Encoding.size(bytes[1])
        else { return nil }
        let header = Bytes(bytes)
        entriesOffset = UInt64(4 + pointer + 4)
        guard size > entriesOffset else { return nil }
        count = min(UInt64(header.u32(4 + pointer)), (size - entriesOffset) / 8)
        if count == 0 { return nil }
    }
}

/// How a pointer is written. Source: Linux Standard Base, Core, 10.5.1.
private enum Encoding {
    static let unsigned4: UInt8 = 0x03
    static let tableOfSigned4: UInt8 = 0x3B
    static let relativeToItself: UInt8 = 0x10

    /// Bytes of it; `nil` for those of variable length and for an omitted one.
    static func size(_ encoding: UInt8) -> Int? {
        if encoding == 0xFF { return nil }
        switch encoding & 0x0F {
        case 0x00, 0x04, 0x0C: return 8
        case 0x02, 0x0A: return 2
        case 0x03, 0x0B: return 4
        default: return nil
        }
    }
}

/// Makes of `.eh_frame` what the linker would have put into `.eh_frame_hdr`; programs that are linked statically by gcc have
/// none.
struct FrameSectionWalk {
    private let frame: Bytes
    /// Of the section, in the process.
    private let address: UInt64
    private let base: UInt64
    private var encodings: [Int: UInt8] = [:]

    init(section: [UInt8], at address: UInt64, base: UInt64) {
        frame = Bytes(section)
        self.address = address
        self.base = base
    }

    /// Pairs of a function's start and its FDE, both relative to `base`, ascending.
    mutating func entries() -> [(start: Int32, description: Int32)] {
        var entries: [(start: Int32, description: Int32)] = []
        var offset = 0
        while offset + 8 <= frame.bytes.count {
            var length = UInt64(frame.u32(offset))
            var body = offset + 4
            if length == 0 {
                // The end of one object file's; the linker may have put another's behind it.
                offset += 4
                continue
            }
            if length == 0xFFFF_FFFF {
                length = frame.u64(body)
                body += 8
            }
            guard length >= 4, length <= UInt64(frame.bytes.count - body) else { break }
            if let entry = entry(at: offset, body: body, isLong: body - offset == 12) { entries.append(entry) }
            offset = body + Int(length)
        }
        return entries.sorted { $0.start < $1.start }
    }

    private mutating func entry(at offset: Int, body: Int, isLong: Bool) -> (start: Int32, description: Int32)? {
        let pointer = isLong ? frame.u64(body) : UInt64(frame.u32(body))
        guard pointer != 0, pointer <= UInt64(body) else { return nil }
        let encoding = encoding(ofCommon: body - Int(pointer))
        let at = body + (isLong ? 8 : 4)
        guard let size = Encoding.size(encoding), at + size <= frame.bytes.count else { return nil }
        var start: UInt64
        switch (size, encoding & 0x08 != 0) {
        case (4, true): start = UInt64(bitPattern: Int64(Int32(bitPattern: frame.u32(at))))
        case (4, false): start = UInt64(frame.u32(at))
        case (8, _): start = frame.u64(at)
        default: return nil
        }
        if encoding & 0x70 == Encoding.relativeToItself { start &+= address &+ UInt64(at) }
        guard let relativeStart = relative(start), let description = relative(address &+ UInt64(offset)) else {
            return nil
        }
        return (relativeStart, description)
    }

    private func relative(_ value: UInt64) -> Int32? { Int32(exactly: Int64(bitPattern: value &- base)) }

    /// The encoding of addresses that a CIE asks for with `R`.
    private mutating func encoding(ofCommon offset: Int) -> UInt8 {
        if let known = encodings[offset] { return known }
        let encoding = readEncoding(offset)
        encodings[offset] = encoding
        return encoding
    }

    private func readEncoding(_ offset: Int) -> UInt8 {
        var at = offset + (frame.u32(offset) == 0xFFFF_FFFF ? 20 : 8)
        guard at < frame.bytes.count else { return 0xFF }
        let version = frame.bytes[at]
        at += 1
        guard let end = frame.bytes[at...].firstIndex(of: 0), end - at < 8 else { return 0xFF }
        let augmentation = Array(frame.bytes[at..<end])
        guard augmentation.first == UInt8(ascii: "z") else { return augmentation.isEmpty ? 0 : 0xFF }
        at = end + 1
        // Alignments and the return address column, then the length of what follows.
        for index in 0..<4 { at = index == 2 && version == 1 ? at + 1 : afterNumber(at) }
        for letter in augmentation.dropFirst() {
            guard at < frame.bytes.count else { return 0xFF }
            switch letter {
            case UInt8(ascii: "R"): return frame.bytes[at]
            case UInt8(ascii: "L"): at += 1
            case UInt8(ascii: "P"):
                guard let size = Encoding.size(frame.bytes[at]) else { return 0xFF }
                at += 1 + size
            case UInt8(ascii: "S"), UInt8(ascii: "B"): break
            default: return 0xFF
            }
        }
        return 0
    }

    /// Past a LEB128 number.
    private func afterNumber(_ offset: Int) -> Int {
        var at = offset
        while at < frame.bytes.count, frame.bytes[at] & 0x80 != 0 { at += 1 }
        return at + 1
    }
}
