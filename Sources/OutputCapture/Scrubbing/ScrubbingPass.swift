// One pass over one text. Only places that can begin or mark a secret are looked at closer; what a look passes over
// is not looked at again, and looks backwards are bounded, so that the whole is linear.

struct ScrubbingPass {
    let line: UnsafeRawBufferPointer
    let decisions: ScrubDecisions
    let keys: KeyVerdicts
    let looksForPersonalData: Bool
    var index = 0
    /// Up to where `output` is settled.
    private(set) var copied = 0
    private var output: [UInt8]?
    private(set) var tally = SecretTally()
    /// Bytes that looks passed over, for tests: at most a fixed number for each byte of the text.
    var work = 0
    /// Programs that take secrets by a letter and that the text names; `nil` before it was asked.
    var programs: ProgramNames?

    struct ProgramNames: OptionSet {
        let rawValue: UInt8
        static let mysql = ProgramNames(rawValue: 1)
        static let curl = ProgramNames(rawValue: 2)
        static let sshpass = ProgramNames(rawValue: 4)
        static let redis = ProgramNames(rawValue: 8)
    }

    private var places: ScrubPlaces

    init(_ line: UnsafeRawBufferPointer, _ decisions: ScrubDecisions, personal: Bool = true) {
        let looksForPersonalData = personal && decisions.removesPersonalData
        self.init(
            line, decisions, ScrubPlaces(line, .all, personal: looksForPersonalData), personal: looksForPersonalData)
    }

    /// - Parameter places: of the line, as far as it was looked at.
    init(_ line: UnsafeRawBufferPointer, _ decisions: ScrubDecisions, _ places: ScrubPlaces, personal: Bool) {
        self.line = line
        self.places = places
        self.decisions = decisions
        keys = decisions.keys
        looksForPersonalData = personal
    }

    /// `nil` when nothing was replaced.
    var result: [UInt8]? { output }

    mutating func run() {
        while let (place, trigger) = places.next(from: index) {
            index = place
            look(for: trigger)
        }
        output?.append(contentsOf: line[copied...])
    }

    /// A provider's token at the index.
    func tokenOfShape() -> Range<Int>? { places.token(at: index) }

    private mutating func look(for trigger: ScrubTrigger) {
        let start = index
        switch trigger {
        case .separator: keyed(separatorAt: start + 1)
        case .dashes: if !privateKey() { longOption() }
        case .token: token()
        case .digits: if !isInsideWord(start) { cardNumber() }
        case .urlScheme: userInfo()
        case .option: programOption()
        case .hook: webHook()
        case .middle: tokenFromItsMiddle()
        case .at: emailAddress()
        case .address: address()
        case .home: homeDirectory()
        }
        if index == start { index += 1 }
    }

    // MARK: Reading

    /// Whether the byte before belongs to the same word; `%20` and a written-out `\n` do not.
    func isInsideWord(_ start: Int) -> Bool { Self.isInsideWord(line, start) }

    static func isInsideWord(_ line: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        guard start > 0, line[start - 1].isAlphanumeric || line[start - 1] == 0x5F else { return false }
        if start > 1, line[start - 2] == UInt8(ascii: "\\") { return false }
        return !(start > 2 && line[start - 3] == UInt8(ascii: "%"))
    }

    /// The end of the bytes from `start` on that the closure accepts, at `limit` at most.
    mutating func end(from start: Int, limit: Int = .max, while accepts: (UInt8) -> Bool) -> Int {
        let limit = min(limit, line.count)
        var end = start
        while end < limit, accepts(line[end]) { end += 1 }
        work += end - start
        return end
    }

    /// The beginning of the bytes before `end` that the closure accepts, at most `count` of them. What was replaced is not
    /// looked at.
    mutating func start(before end: Int, count: Int, while accepts: (UInt8) -> Bool) -> Int {
        let limit = max(copied, end - count)
        var start = end
        while start > limit, accepts(line[start - 1]) { start -= 1 }
        work += end - start
        return start
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: line[range]) }

    // MARK: Output

    /// Replaces the range, unless the user allows what is there. Either way it is done with.
    mutating func replace(_ range: Range<Int>, _ kind: SecretKind, with text: StaticString = "[Filtered]") {
        index = range.upperBound
        guard !decisions.allows(value: slice(range)) else { return }
        if output == nil { output = [] }
        output?.append(contentsOf: line[copied..<range.lowerBound])
        output?.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        copied = range.upperBound
        tally.add(kind)
    }
}
