// Which token's prefix may stand at a place: by three of its bytes.

/// All shapes, found by the bytes of their anchors. Plain memory that is never freed: looks are as many as there are bytes that
/// look like a token's.
struct SecretShapeIndex: @unchecked Sendable {  // Nobody writes to the memory after the initialiser.
    private struct Entry {
        let anchor: UInt32
        let shape: SecretShape
        /// Of the anchor within the prefix.
        let offset: Int
        /// The next entry of the same hash; 0 is none.
        let next: UInt16
    }

    private static let hashBits: UInt32 = 10
    private static let mostEntries = 512

    /// By hash: the first entry, counted from 1.
    private let heads: UnsafeMutablePointer<UInt16>
    private let entries: UnsafeMutablePointer<Entry>

    init() {
        heads = .allocate(capacity: 1 << Self.hashBits)
        heads.initialize(repeating: 0, count: 1 << Self.hashBits)
        entries = .allocate(capacity: Self.mostEntries)
        var count = 0
        for shape in SecretShape.known {
            let anchor = shape.anchor
            var bytes: UInt32 = 0
            for place in 0..<2 { shape.forEachByte(of: anchor, at: place) { bytes |= UInt32($0) << UInt32(8 * place) } }
            shape.forEachByte(of: anchor, at: 2) { third in
                precondition(count < Self.mostEntries, "too many shapes of tokens")
                let bytes = bytes | UInt32(third) << 16
                let head = heads + Self.hash(bytes)
                (entries + count).initialize(
                    to: Entry(anchor: bytes, shape: shape, offset: anchor.offset, next: head.pointee))
                count += 1
                head.pointee = UInt16(count)
            }
        }
    }

    @inline(__always) private static func hash(_ anchor: UInt32) -> Int {
        Int((anchor &* 0x9E37_79B1) >> (32 - hashBits))
    }

    @inline(__always) private static func anchor(_ line: UnsafeRawBufferPointer, at place: Int) -> UInt32 {
        UInt32(line[place]) | UInt32(line[place + 1]) << 8 | UInt32(line[place + 2]) << 16
    }

    /// `false` where no token's anchor is.
    func mayHave(_ line: UnsafeRawBufferPointer, at place: Int) -> Bool {
        guard place + 2 < line.count else { return false }
        let anchor = Self.anchor(line, at: place)
        var number = heads[Self.hash(anchor)]
        while number != 0 {
            let entry = entries + Int(number - 1)
            if entry.pointee.anchor == anchor { return true }
            number = entry.pointee.next
        }
        return false
    }

    /// A token whose anchor is at `place`: where it begins and ends.
    func range(_ line: UnsafeRawBufferPointer, at place: Int) -> Range<Int>? {
        guard place + 2 < line.count else { return nil }
        let anchor = Self.anchor(line, at: place)
        var number = heads[Self.hash(anchor)]
        while number != 0 {
            let entry = entries + Int(number - 1)
            if entry.pointee.anchor == anchor,
                let range = entry.pointee.shape.range(line, anchor: entry.pointee.offset, at: place)
            {
                return range
            }
            number = entry.pointee.next
        }
        return nil
    }
}
