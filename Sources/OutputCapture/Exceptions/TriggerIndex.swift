// Which lines could begin an exception. Nearly every line of output passes here and goes on, so it must cost nanoseconds,
// whatever the number of languages.

import LinuxSystem

/// All triggers of some languages. Made once, never changed.
///
/// Every fourth position of a line's beginning is looked at: the four bytes there, hashed, either belong to a trigger or do
/// not. A trigger of seven bytes has four such windows, one of which lies on a fourth position wherever the trigger stands.
/// Of a trigger that begins a line the last four bytes are looked at, where they would be.
final class TriggerIndex: @unchecked Sendable {  // The pointers' memory is written by the initialiser only.
    static let ofAllLanguages = TriggerIndex(ExceptionLanguages.all)

    static let searchedLength = 256
    /// Structured lines have their exception somewhere among their fields.
    static let searchedStructuredLength = 16 * 1024
    private static let windowsOfTrigger = 4
    private static let hashBits: UInt32 = 17
    private static let startHashBits: UInt32 = 12

    private struct Trigger {
        let text: StaticString
        let language: Int
    }

    private struct Window {
        let trigger: Trigger
        let offset: Int
    }

    let languages: [any ExceptionRecogniser.Type]
    /// A bit for every hash.
    private let bits: UnsafeMutablePointer<UInt64>
    private let firstBytes: UnsafeMutablePointer<Bool>
    /// Where the last four bytes of triggers that begin a line may be.
    private let startOffsets: UnsafeMutablePointer<Int>
    private var startCount = 0
    /// A bit for every hash of the first four bytes of triggers that begin a line.
    private let startBits: UnsafeMutablePointer<UInt64>
    /// For the triggers that may be anywhere; where the processor can.
    private let scan = TextScan()
    private var windows: [UInt32: [Window]] = [:]
    private var starts: [Trigger] = []

    private static let mostStartOffsets = 64

    init(_ languages: [any ExceptionRecogniser.Type]) {
        self.languages = languages
        bits = .allocate(capacity: 1 << (Self.hashBits - 6))
        bits.initialize(repeating: 0, count: 1 << (Self.hashBits - 6))
        firstBytes = .allocate(capacity: 256)
        firstBytes.initialize(repeating: false, count: 256)
        startOffsets = .allocate(capacity: Self.mostStartOffsets)
        startOffsets.initialize(repeating: 0, count: Self.mostStartOffsets)
        startBits = .allocate(capacity: 1 << (Self.startHashBits - 6))
        startBits.initialize(repeating: 0, count: 1 << (Self.startHashBits - 6))
        var anywhere: [StaticString] = []
        for (language, recogniser) in languages.enumerated() {
            for trigger in recogniser.triggers {
                add(trigger, language)
                if case .anywhere(let text) = trigger { anywhere.append(text) }
            }
        }
        if let scan { TriggerGroups.fill(scan, with: anywhere) }
    }

    deinit {
        bits.deallocate()
        firstBytes.deallocate()
        startOffsets.deallocate()
        startBits.deallocate()
        scan?.deallocate()
    }

    private func add(_ trigger: ExceptionTrigger, _ language: Int) {
        switch trigger {
        case .start(let text):
            precondition((4..<Self.mostStartOffsets).contains(text.utf8CodeUnitCount), "a trigger of too few bytes")
            firstBytes[Int(text.utf8Start[0])] = true
            starts.append(Trigger(text: text, language: language))
            let offset = text.utf8CodeUnitCount - 4
            let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            let first = Self.startHash(bytes.loadUnaligned(as: UInt32.self))
            startBits[Int(first >> 6)] |= 1 << UInt64(first & 63)
            mark(Self.hash(start: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self), at: offset))
            guard !(0..<startCount).contains(where: { startOffsets[$0] == offset }) else { return }
            startOffsets[startCount] = offset
            startCount += 1
        case .anywhere(let text):
            precondition(text.utf8CodeUnitCount >= Self.windowsOfTrigger + 3, "a trigger of too few bytes")
            let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            for offset in 0..<Self.windowsOfTrigger {
                let hash = Self.hash(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                mark(hash)
                windows[hash, default: []].append(
                    Window(trigger: Trigger(text: text, language: language), offset: offset))
            }
        }
    }

    private func mark(_ hash: UInt32) { bits[Int(hash >> 6)] |= 1 << UInt64(hash & 63) }

    @inline(__always) private func isMarked(_ hash: UInt32) -> UInt64 { bits[Int(hash >> 6)] >> UInt64(hash & 63) & 1 }

    /// The upper bits of the product, all of which depend on all four bytes.
    @inline(__always) fileprivate static func hash(_ bytes: UInt32) -> UInt32 {
        (bytes &* 0x9E37_79B1) >> (32 - hashBits)
    }

    @inline(__always) fileprivate static func startHash(_ bytes: UInt32) -> UInt32 {
        (bytes &* 0x9E37_79B1) >> (32 - startHashBits)
    }

    @inline(__always) fileprivate static func hash(start bytes: UInt32, at offset: Int) -> UInt32 {
        hash(bytes ^ UInt32(truncatingIfNeeded: offset + 1) &* 0x85EB_CA6B)
    }

    @inline(__always) fileprivate static func searched(_ line: UnsafeRawBufferPointer) -> Int {
        min(line.count, line[0] == UInt8(ascii: "{") ? searchedStructuredLength : searchedLength)
    }

    /// Whether ``openings(in:)`` would find something.
    func hasOpening(_ line: UnsafeRawBufferPointer) -> Bool {
        guard line.count > 3 else { return false }
        return hasTrigger(line) || (firstBytes[Int(line[0])] && hasStart(line))
    }

    /// For lines that pass by.
    var filter: TriggerFilter {
        TriggerFilter(
            bits: bits, startBits: startBits, startOffsets: startOffsets, startCount: startCount, scan: scan)
    }

    /// A hash may be another text's, too.
    private func hasTrigger(_ line: UnsafeRawBufferPointer) -> Bool {
        for offset in stride(from: 0, to: Self.searched(line) - 3, by: 4) {
            let hash = Self.hash(line.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            guard isMarked(hash) != 0, let windows = windows[hash] else { continue }
            for window in windows where line.has(window.trigger.text, at: offset - window.offset) { return true }
        }
        return false
    }

    private func hasStart(_ line: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<startCount where startOffsets[index] + 4 <= line.count {
            let offset = startOffsets[index]
            let bytes = line.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            guard isMarked(Self.hash(start: bytes, at: offset)) != 0 else { continue }
            if starts.contains(where: { line.has($0.text) }) { return true }
        }
        return false
    }

    /// The languages that have a trigger in the line, each with its first place, in the order of the list.
    func openings(in line: UnsafeRawBufferPointer) -> [(language: Int, marker: Int)] {
        guard !line.isEmpty else { return [] }
        var places: [(language: Int, marker: Int)] = []
        func add(_ language: Int, _ marker: Int) {
            if let index = places.firstIndex(where: { $0.language == language }) {
                places[index].marker = min(places[index].marker, marker)
            } else {
                places.append((language, marker))
            }
        }
        if firstBytes[Int(line[0])] {
            for trigger in starts where line.has(trigger.text) { add(trigger.language, 0) }
        }
        for offset in stride(from: 0, to: Self.searched(line) - 3, by: 4) {
            let hash = Self.hash(line.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            guard isMarked(hash) != 0 else { continue }
            for window in windows[hash] ?? [] where line.has(window.trigger.text, at: offset - window.offset) {
                add(window.trigger.language, offset - window.offset)
            }
        }
        return places.sorted { $0.language < $1.language }
    }
}

/// What nearly every line is looked at with: plain pointers into an index, which must outlive it. Counting references would
/// cost as much as looking does.
///
/// Where the processor can, not each line is scanned but the buffer that it lies in (``begin(_:)``), some way ahead: a line
/// then costs two comparisons, and a long scan is twice as fast as many short ones.
struct TriggerFilter {
    private let bits: UnsafeMutablePointer<UInt64>
    private let startBits: UnsafeMutablePointer<UInt64>
    private let startOffsets: UnsafeMutablePointer<Int>
    private let startCount: Int
    private let scan: TextScan?

    private static let scannedAhead: UInt = 4096

    // Addresses: the buffer, and up to where no trigger begins.
    private var start: UInt = 0
    private var end: UInt = 0
    private var clear: UInt = 0
    /// One may begin at `clear`.
    private var isFound = false

    fileprivate init(
        bits: UnsafeMutablePointer<UInt64>, startBits: UnsafeMutablePointer<UInt64>,
        startOffsets: UnsafeMutablePointer<Int>, startCount: Int, scan: TextScan?
    ) {
        self.bits = bits
        self.startBits = startBits
        self.startOffsets = startOffsets
        self.startCount = startCount
        self.scan = scan
    }

    /// The lines that come until ``end()`` lie in this buffer, in its order, as far as they lie in one.
    mutating func begin(_ buffer: UnsafeRawBufferPointer) {
        start = UInt(bitPattern: buffer.baseAddress)
        end = start + UInt(bitPattern: buffer.count)
        clear = start
        isFound = false
    }

    mutating func finish() { begin(UnsafeRawBufferPointer(start: nil, count: 0)) }

    /// `false` for a line in which no trigger is. Otherwise the index knows.
    @inline(__always) mutating func mayOpen(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let base = line.baseAddress, line.count > 3 else { return false }
        let first = TriggerIndex.startHash(base.loadUnaligned(as: UInt32.self))
        if startBits[Int(first >> 6)] >> UInt64(first & 63) & 1 != 0, mayStart(base, line.count) { return true }
        guard let scan else { return hasWindow(line, base) }
        let place = UInt(bitPattern: base)
        let lineEnd = place + UInt(bitPattern: line.count)
        guard place >= start, lineEnd <= end else { return scan.firstOffset(in: line) < line.count }
        return lineEnd >= clear + UInt(TextScan.length) && mayBegin(from: place, to: lineEnd, scan)
    }

    /// Scans ahead until a place is found or the line is passed.
    private mutating func mayBegin(from place: UInt, to lineEnd: UInt, _ scan: TextScan) -> Bool {
        if place > clear {
            clear = place
            isFound = false
        }
        while clear + UInt(TextScan.length) <= lineEnd {
            if isFound { return true }
            let count = Int(min(Self.scannedAhead, end - clear))
            let bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: clear), count: count)
            let offset = scan.firstOffset(in: bytes)
            isFound = offset < count
            clear += UInt(isFound ? offset : count - TextScan.length + 1)
        }
        return false
    }

    /// Looks at every fourth position.
    private func hasWindow(_ line: UnsafeRawBufferPointer, _ base: UnsafeRawPointer) -> Bool {
        let end = TriggerIndex.searched(line)
        var offset = 0
        var found: UInt64 = 0
        while offset + 8 <= end {
            let bytes = base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            found |= word(UInt32(truncatingIfNeeded: bytes))
            found |= word(UInt32(truncatingIfNeeded: bytes >> 32))
            offset += 8
        }
        if offset + 4 <= end { found |= word(base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
        return found & 1 != 0
    }

    private func mayStart(_ base: UnsafeRawPointer, _ count: Int) -> Bool {
        var found: UInt64 = 0
        for index in 0..<startCount where startOffsets[index] + 4 <= count {
            let offset = startOffsets[index]
            let hash = TriggerIndex.hash(start: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self), at: offset)
            found |= bits[Int(hash >> 6)] >> UInt64(hash & 63)
        }
        return found & 1 != 0
    }

    /// In its lowest bit: whether the four bytes are marked.
    @inline(__always) private func word(_ bytes: UInt32) -> UInt64 {
        let hash = TriggerIndex.hash(bytes)
        return bits[Int(hash >> 6)] >> UInt64(hash & 63)
    }
}
