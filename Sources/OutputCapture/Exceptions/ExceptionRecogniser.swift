// What a language's recogniser is. One file for each language in `Languages/`, named in `ExceptionLanguages.swift`.

import SentryProtocol

/// Reads the exceptions that one language's runtime prints.
///
/// The engine finds a trigger, asks the type whether an exception begins there, and then hands over line after line until
/// the recogniser says that the exception is over. Everything it gets is foreign: it never traps, keeps no more than it
/// needs (``FrameList``), and does work linear in the line. Lines come without a logger's prefix, without escape sequences,
/// without secrets, without their newline, cut at ``ExceptionDetector/longestLine``; blank ones come too.
protocol ExceptionRecogniser: Sendable {
    /// What begins an exception. Each costs something for every line of output: few and rare ones.
    static var triggers: [ExceptionTrigger] { get }

    /// A line has a trigger.
    ///
    /// - Returns: `nil` when no exception begins here. The line itself counts as taken.
    init?(_ opening: inout ExceptionOpening)

    /// The next line.
    mutating func take(_ line: Substring) -> ExceptionStep

    /// What was read is an exception beyond doubt. Until then others may read the same lines; from then on they may not.
    var isCertain: Bool { get }

    /// Called once, after ``ExceptionStep/over`` or ``ExceptionStep/complete``, or where the output ends.
    ///
    /// - Returns: `nil` when it was no exception.
    func finish() -> RecognisedException?
}

/// What makes the engine ask a recogniser.
enum ExceptionTrigger: Sendable {
    /// The line begins with this; four bytes at least, the last four rare at that place.
    case start(StaticString)
    /// It stands somewhere in the line's first ``TriggerIndex/searchedLength`` bytes; seven bytes at least. Take what is rare
    /// in ordinary logs, to the last four bytes: `Error: ` is, `    at ` is not.
    case anywhere(StaticString)
}

/// What the next line was.
enum ExceptionStep: Sendable, Equatable {
    /// Part of the exception.
    case taken
    /// Its last line.
    case complete
    /// No part of it: the exception ended before.
    case over
    /// No part of it, but it goes on: other writers share the stream. The engine bounds how many of these pass.
    case foreign
    /// It was no exception after all.
    case nothing
}

/// The line in which an exception may begin.
struct ExceptionOpening {
    /// All of it.
    let line: String
    /// Where the trigger stands, in bytes of UTF-8.
    let marker: Int
    /// Where the exception's own text begins, in bytes; before it stands a logger's prefix, which the following lines are
    /// expected to have as well. The trigger's place unless the recogniser knows better.
    private(set) var start: Int
    /// Lines before this one that belong to the exception.
    private(set) var linesBefore = 0
    /// No exception begins here, but what follows may make this line its first.
    private(set) var isTitle = false
    private let recent: RecentLines
    private let scrubber: Scrubber

    /// - Parameter scrubber: what it removes is in no line.
    init(line: String, marker: Int, recent: RecentLines, _ scrubber: Scrubber) {
        self.line = line
        self.marker = marker
        start = marker
        self.recent = recent
        self.scrubber = scrubber
    }

    /// The exception's own text.
    var text: Substring { line[line.offset(start)...] }

    /// What stands before the trigger.
    var before: Substring { line[..<line.offset(marker)] }

    /// Moves the beginning: to before the trigger, as a rule. Beyond the line's ends it stays.
    mutating func begin(at offset: Int) { start = min(max(0, offset), line.utf8.count) }

    /// Moves the beginning back over what ends right before it as long as `belongs`.
    mutating func extendBack(while belongs: (UInt8) -> Bool) {
        let bytes = line.utf8
        var offset = start
        while offset > 0, belongs(bytes[bytes.index(bytes.startIndex, offsetBy: offset - 1)]) { offset -= 1 }
        start = offset
    }

    /// Moves the beginning back over `text` where that stands right before it.
    mutating func extendBack(over text: String) {
        if line[..<line.offset(start)].ends(in: text) { start -= text.utf8.count }
    }

    /// The exception began so many lines before this one.
    mutating func include(_ distance: Int) { linesBefore = max(linesBefore, distance) }

    /// The frames that may follow will tell: until then this line is kept from being a record.
    mutating func waitForFrames() { isTitle = true }

    var prefix: LinePrefix { LinePrefix(line[..<line.offset(start)]) }

    /// An earlier line of the stream, without the prefix if it has it.
    ///
    /// - Parameter distance: 1 is the line before this one, up to ``RecentLines/capacity``.
    func previous(_ distance: Int) -> Substring? {
        guard let line = recent.line(distance, scrubber)?[...] else { return nil }
        return prefix.stripped(line) ?? line
    }
}

/// Frames as they are read, bounded: a recursion may have printed a million.
struct FrameList: Sendable {
    private(set) var frames: [Frame] = []
    /// More than any runtime prints by default (the JVM: 1024).
    private static let maximum = 1100

    var isEmpty: Bool { frames.isEmpty }

    /// In the order in which they are printed.
    mutating func append(_ frame: Frame) {
        if frames.count < Self.maximum { frames.append(frame) }
    }

    /// For languages that print the innermost first.
    var oldestFirst: [Frame] { frames.reversed() }

    /// The frame that was read last, to add to.
    mutating func changeLast(_ change: (inout Frame) -> Void) {
        guard let last = frames.indices.last else { return }
        change(&frames[last])
    }
}
