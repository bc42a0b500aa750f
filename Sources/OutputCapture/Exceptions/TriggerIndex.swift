// Which lines could begin an exception. Nearly every line of output passes here and goes on, so it must cost nanoseconds,
// whatever the number of languages.

import LinuxSystem

/// All triggers of some languages. Made when the first line comes, never changed.
///
/// Triggers that begin a line are found by its first four bytes. Of the others seven bytes are looked for together
/// (``TextScan``). Where the processor cannot do that, and to find out which of them a line has, every fourth position of
/// its beginning is looked at: a trigger of seven bytes has four windows of four bytes, one of which lies on a fourth
/// position wherever the trigger stands.
final class TriggerIndex: @unchecked Sendable {  // The pointers' memory is written by the initialiser only.
    static let ofAllLanguages = TriggerIndex(ExceptionLanguages.all)

    static let searchedLength = 256
    /// Structured lines have their exception somewhere among their fields.
    static let searchedStructuredLength = 16 * 1024
    private static let windowsOfTrigger = 4

    let languages: [any ExceptionRecogniser.Type]
    /// Triggers that may be anywhere, in the order of the languages.
    let anywhere: [StaticString]
    fileprivate let starts: StartTable
    private let windows: WindowTable
    /// `nil` where the processor cannot.
    fileprivate let scan: TextScan?
    /// A bit for every hash of a window, for processors without the scan.
    fileprivate let bits: UnsafeMutablePointer<UInt64>?

    /// - Parameter scan: empty; the index frees it.
    init(_ languages: [any ExceptionRecogniser.Type], _ scan: TextScan? = TextScan()) {
        self.languages = languages
        self.scan = scan
        var starts: [Trigger] = []
        var anywhere: [Trigger] = []
        for (language, recogniser) in languages.enumerated() {
            for trigger in recogniser.triggers {
                switch trigger {
                case .start(let text): starts.append(Trigger(text: text, language: language))
                case .anywhere(let text): anywhere.append(Trigger(text: text, language: language))
                }
            }
        }
        self.starts = StartTable(starts)
        windows = WindowTable(anywhere, offsets: 0..<Self.windowsOfTrigger)
        self.anywhere = anywhere.map(\.text)
        if let scan {
            bits = nil
            TriggerGroups.fill(scan, with: self.anywhere)
        } else {
            bits = windows.makeBits()
        }
    }

    deinit {
        starts.deallocate()
        windows.deallocate()
        scan?.deallocate()
        bits?.deallocate()
    }

    /// Of a line that is searched.
    @inline(__always) fileprivate static func searched(_ line: UnsafeRawBufferPointer) -> Int {
        min(line.count, line[0] == UInt8(ascii: "{") ? searchedStructuredLength : searchedLength)
    }

    /// For lines that pass by.
    var filter: TriggerFilter { TriggerFilter(self) }

    /// Whether ``openings(in:)`` would find something.
    func hasOpening(_ line: UnsafeRawBufferPointer) -> Bool {
        guard line.count > 3 else { return false }
        if starts.mayHave(line) { return true }
        var isFound = false
        forEachWindow(of: line) { trigger, place in
            isFound = isFound || line.has(trigger.text, at: place)
        }
        return isFound
    }

    /// The languages that have a trigger in the line, each with its first place, in the order of the list.
    func openings(in line: UnsafeRawBufferPointer) -> [(language: Int, marker: Int)] {
        guard line.count > 3 else { return [] }
        var places: [(language: Int, marker: Int)] = []
        func add(_ language: Int, _ marker: Int) {
            if let index = places.firstIndex(where: { $0.language == language }) {
                places[index].marker = min(places[index].marker, marker)
            } else {
                places.append((language, marker))
            }
        }
        starts.forEach(of: line) { add($0.language, 0) }
        forEachWindow(of: line) { trigger, place in
            if line.has(trigger.text, at: place) { add(trigger.language, place) }
        }
        return places.sorted { $0.language < $1.language }
    }

    /// Calls `body` with what may stand in the line, and where.
    @inline(__always) private func forEachWindow(of line: UnsafeRawBufferPointer, _ body: (Trigger, Int) -> Void) {
        let end = Self.searched(line)
        if let scan, scan.firstOffset(in: line) >= line.count { return }
        var offset = 0
        while offset + 4 <= end {
            windows.forEach(at: line.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) { trigger, within in
                body(trigger, offset - within)
            }
            offset += 4
        }
    }
}

/// What nearly every line is looked at with: plain pointers into an index, which must outlive it. Counting references would
/// cost as much as looking does.
///
/// Where the processor can, not each line is looked at but the buffer that it lies in (``begin(_:)``), some way ahead: of a line
/// then only the beginning is looked at (``quiet``), and a long scan is twice as fast as many short ones.
struct TriggerFilter {
    private let starts: StartTable
    private let scan: TextScan?
    private let bits: UnsafeMutablePointer<UInt64>?

    private static let scannedAhead: UInt = 8192

    // Addresses: the buffer, and up to where nothing begins that could open an exception.
    private var start: UInt = 0
    private var end: UInt = 0
    private var clear: UInt = 0
    /// Something may begin at `clear`.
    private var isFound = false

    fileprivate init(_ index: TriggerIndex) {
        starts = index.starts
        scan = index.scan
        bits = index.bits
    }

    /// The lines that come until ``end()`` lie in this buffer, in its order, as far as they lie in one.
    mutating func begin(_ buffer: UnsafeRawBufferPointer) {
        start = UInt(bitPattern: buffer.baseAddress)
        end = start + UInt(bitPattern: buffer.count)
        clear = start
        isFound = false
    }

    mutating func finish() { begin(UnsafeRawBufferPointer(start: nil, count: 0)) }

    /// What was scanned of the buffer and has nothing in it.
    var quiet: QuietBytes { QuietBytes(start: start, count: clear - start, starts: starts) }

    /// `false` for a line in which no trigger is. Otherwise the index knows.
    mutating func mayOpen(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let base = line.baseAddress, line.count > 3 else { return false }
        if starts.mayHave(line) { return true }
        guard let scan else { return hasWindow(line, base) }
        let place = UInt(bitPattern: base)
        let lineEnd = place &+ UInt(bitPattern: line.count)
        guard place >= start, lineEnd <= end else { return scan.firstOffset(in: line) < line.count }
        return mayBegin(from: place, to: lineEnd, scan)
    }

    /// Scans ahead until a place is found or the line is passed.
    private mutating func mayBegin(from place: UInt, to lineEnd: UInt, _ scan: TextScan) -> Bool {
        if place > clear {
            clear = place
            isFound = false
        }
        while clear + UInt(TextScan.length) <= lineEnd {
            if isFound { return true }
            scanOn(scan)
        }
        return false
    }

    private mutating func scanOn(_ scan: TextScan) {
        let count = Int(min(Self.scannedAhead, end - clear))
        let offset = scan.firstOffset(
            in: UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: clear), count: count))
        isFound = offset < count
        clear += UInt(isFound ? offset : count - TextScan.length + 1)
    }

    /// Looks at every fourth position.
    private func hasWindow(_ line: UnsafeRawBufferPointer, _ base: UnsafeRawPointer) -> Bool {
        guard let bits else { return true }
        let end = TriggerIndex.searched(line)
        var offset = 0
        while offset + 4 <= end {
            let hash = WindowTable.hash(
                base.loadUnaligned(fromByteOffset: offset, as: UInt32.self), WindowTable.bitsOfFilter)
            if bits[hash >> 6] >> UInt64(hash & 63) & 1 != 0 { return true }
            offset += 4
        }
        return false
    }
}

/// Bytes in which nothing could open an exception, unless it begins a line.
struct QuietBytes {
    /// An address.
    fileprivate let start: UInt
    fileprivate let count: UInt
    fileprivate let starts: StartTable

    /// `true` for nearly every line that lies in the bytes: it begins as no exception does.
    @inline(__always) func hold(_ line: UnsafeRawBufferPointer) -> Bool {
        // One comparison for both ends: what ends before the bytes is far behind them.
        let end = UInt(bitPattern: line.baseAddress) &+ UInt(bitPattern: line.count) &- start
        return end &- 1 < count && line.count > 3 && !starts.mayHaveHash(line)
    }
}
