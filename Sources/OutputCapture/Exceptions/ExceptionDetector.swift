// Finds the exceptions in one stream's lines.

import LinuxSystem
import SentryProtocol

/// Follows one stream. Owned by one thread; bounded in everything that the job's output could make grow.
package struct ExceptionDetector: ~Copyable {
    /// Bytes of a line that recognisers see.
    static let longestLine = 8192
    /// Of one exception; what is printed beyond ends it.
    static let maximumLines = 8192
    static let maximumBytes = 2 << 20
    /// Exceptions that may begin at the same time: several writers, several ways to read the same lines.
    static let maximumOpen = 6
    /// Lines of others amid an exception.
    static let maximumForeign = 64
    /// Kept until they are taken.
    static let maximumFound = 64
    /// Lines that may stand above an exception's first frame, as far as ``RecentLines`` has them.
    static let longestTitle = RecentLines.capacity
    /// An exception of which nothing more comes for so long is whole, in nanoseconds.
    static let patience: Int64 = 2_000_000_000

    private let stream: CapturedStream
    private let scrubber: Scrubber
    // What lines are looked at with: made for the first one. Apart from each other, so that nothing is counted for a line.
    private var index: TriggerIndex?
    private var filter: TriggerFilter?
    /// `nil` while something is open, too.
    private var quiet: QuietBytes?
    private var recent = RecentLines()
    private var buffer = UnsafeRawBufferPointer(start: nil, count: 0)
    private var open: [OpenException] = []
    private var found: [RecognisedException] = []
    /// A line that the frames behind it may make an exception's first.
    private var title: (line: Int, time: Timestamp)?
    /// Lines so far.
    package private(set) var lineCount = 0
    /// The line that was taken last belongs to an exception, or may turn out to.
    private(set) var isClaimed = false
    /// Exceptions that were found and could not be kept until they were taken.
    package private(set) var overflow = 0

    package init(_ stream: CapturedStream, scrubber: Scrubber = Scrubber()) {
        self.stream = stream
        self.scrubber = scrubber
    }

    init(_ stream: CapturedStream, _ index: TriggerIndex, scrubber: Scrubber = Scrubber()) {
        self.init(stream, scrubber: scrubber)
        prepare(index)
    }

    deinit { recent.deallocate() }

    /// The lines that come until ``end()`` lie in this buffer, as far as they lie in one.
    package mutating func begin(_ buffer: UnsafeRawBufferPointer) {
        self.buffer = buffer
        guard filter != nil else { return }
        recent.begin(buffer)
        filter?.begin(buffer)
        quiet = nil
    }

    package mutating func end() {
        recent.end()
        filter?.finish()
        quiet = nil
        buffer = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Takes the stream's next line, blank ones too.
    ///
    /// - Parameters:
    ///   - flags: Parts of a line other than the first are passed over.
    ///   - isSecret: the line belongs to a private key: recognisers see `[Filtered]`.
    @inline(__always) package mutating func take(
        _ line: UnsafeRawBufferPointer, _ flags: LineFlags, at time: Timestamp, isSecret: Bool = false
    ) {
        if let quiet, quiet.hold(line), !isSecret, !flags.contains(.continued) {
            lineCount &+= 1
            isClaimed = false
        } else {
            look(line, flags, at: time, isSecret: isSecret)
        }
    }

    @inline(never) private mutating func look(
        _ line: UnsafeRawBufferPointer, _ flags: LineFlags, at time: Timestamp, isSecret: Bool
    ) {
        if filter == nil { prepare(.ofAllLanguages) }
        defer {
            quiet = isWaiting ? nil : filter?.quiet
            isClaimed = isClaimed || title != nil
        }
        isClaimed = false
        if let title,
            lineCount &+ 1 - title.line > Self.longestTitle
                || time.nanoseconds &- title.time.nanoseconds > Self.patience
        {
            self.title = nil
        }
        guard !flags.contains(.continued) else { return recent.skipBegun() }
        lineCount &+= 1
        guard !isSecret else { return takeSecret(line, at: time) }
        if !open.isEmpty || filter?.mayOpen(line) == true { look(at: line, time) }
        if !recent.holds(line) { recent.add(outside: line) }
    }

    private mutating func prepare(_ index: TriggerIndex) {
        self.index = index
        filter = index.filter
        begin(buffer)
    }

    /// The stream has ended, or nothing more will be waited for.
    package mutating func finish() {
        for candidate in open { close(candidate) }
        open = []
        title = nil
    }

    /// Something is open that ``finish()`` would end.
    package var isWaiting: Bool { !open.isEmpty || title != nil }

    /// ``takeFound()`` has something.
    var hasFound: Bool { !found.isEmpty }

    /// The first line of all that is open; `nil` where nothing is.
    var firstOpenLine: Int? { (open.map(\.firstLine) + [title?.line].compactMap { $0 }).min() }

    /// The exceptions that ended since this was last called, in the order of their ends.
    package mutating func takeFound() -> [RecognisedException] {
        guard !found.isEmpty else { return [] }
        defer { found = [] }
        return found
    }

    // MARK: A line

    private mutating func takeSecret(_ line: UnsafeRawBufferPointer, at time: Timestamp) {
        let text = Array(Scrubber.replacement.utf8)
        text.withUnsafeBytes { bytes in
            if !open.isEmpty { look(at: bytes, isSecret: true, time) }
            if !recent.holds(line) { recent.add(outside: bytes) }
        }
        recent.hide(line)
    }

    private mutating func look(at line: UnsafeRawBufferPointer, isSecret: Bool = false, _ time: Timestamp) {
        guard let index else { return }
        let mayBegin = !isSecret && index.hasOpening(line)
        guard !open.isEmpty || mayBegin else { return }
        let head = UnsafeRawBufferPointer(rebasing: line.prefix(Self.longestLine))
        let text = LineText.recordText(head, scrubber)
        if !open.isEmpty {
            let string = LineText.string(text, limit: Self.longestLine)
            guard !offer(string[...], at: time) else { return }
        }
        guard mayBegin else { return }
        if line.first == UInt8(ascii: "{"), readStructured(line, time, index) { return }
        recent.advance(to: line)
        text.withUnsafeBytes { begin(in: $0, at: time) }
    }

    /// Hands the line to everything that is open.
    ///
    /// - Returns: it belongs to something for certain.
    private mutating func offer(_ line: Substring, at time: Timestamp) -> Bool {
        var isTaken = false
        var position = 0
        while position < open.count, !isTaken {
            switch open[position].take(line, number: lineCount, at: time) {
            case .taken:
                isClaimed = true
                isTaken = open[position].isCertain
                if isTaken { dropRivals(of: open[position].prefix) }
                position += 1
            case .foreign: position += 1
            case .complete:
                isClaimed = true
                let whole = open.remove(at: position)
                isTaken = close(whole)
                if isTaken { dropRivals(of: whole.prefix) }
            case .over: close(open.remove(at: position))
            case .nothing: open.remove(at: position)
            }
        }
        return isTaken
    }

    /// What is certain excludes other readings of its lines; those of another writer are not its lines.
    private mutating func dropRivals(of prefix: LinePrefix) {
        open.removeAll { !$0.isCertain && $0.prefix == prefix }
    }

    private mutating func begin(in line: UnsafeRawBufferPointer, at time: Timestamp) {
        guard let index else { return }
        let openings = index.openings(in: line)
        guard !openings.isEmpty else { return }
        let text = String(decoding: line, as: UTF8.self)
        // Repairing what is no UTF-8 moves offsets: such a line is read from its beginning.
        let isWhole = text.utf8.count == line.count
        for (language, marker) in openings {
            var opening = ExceptionOpening(line: text, marker: isWhole ? marker : 0, recent: recent, scrubber)
            guard let recogniser = index.languages[language].init(&opening) else {
                if opening.isTitle { title = (lineCount, time) }
                continue
            }
            title = nil
            if open.count >= Self.maximumOpen { open.remove(at: open.firstIndex { !$0.isCertain } ?? 0) }
            open.append(OpenException(recogniser, opening, line: lineCount, at: time))
            isClaimed = true
            if recogniser.isCertain { return dropRivals(of: opening.prefix) }
        }
    }

    /// - Returns: `false` where the line only begins like a structured one.
    private mutating func readStructured(
        _ line: UnsafeRawBufferPointer, _ time: Timestamp, _ index: TriggerIndex
    ) -> Bool {
        do {
            guard var exception = try EmbeddedException.read(line, scrubber, index) else { return true }
            exception.lines = lineCount...lineCount
            exception.time = time
            keep(exception)
            isClaimed = true
            return true
        } catch {
            return false
        }
    }

    // MARK: Ends

    /// - Returns: it was an exception.
    @discardableResult private mutating func close(_ candidate: OpenException) -> Bool {
        guard var exception = candidate.recogniser.finish() else { return false }
        exception.lines = candidate.firstLine...candidate.lastLine
        exception.time = candidate.time
        exception.isLogged = exception.isLogged || !candidate.prefix.isEmpty
        keep(exception)
        return true
    }

    private mutating func keep(_ exception: RecognisedException) {
        var exception = exception
        exception.stream = stream
        if found.count >= Self.maximumFound {
            found.removeFirst()
            overflow += 1
        }
        found.append(exception)
    }
}

/// An exception of which more may come.
private struct OpenException {
    private(set) var recogniser: any ExceptionRecogniser
    private(set) var prefix: LinePrefix
    let time: Timestamp
    let firstLine: Int
    private let openingLine: Int
    private(set) var lastTime: Timestamp
    private(set) var lastLine: Int
    private var bytes = 0
    private var foreign = 0

    init(_ recogniser: any ExceptionRecogniser, _ opening: ExceptionOpening, line: Int, at time: Timestamp) {
        self.recogniser = recogniser
        prefix = opening.prefix
        self.time = time
        firstLine = line - opening.linesBefore
        openingLine = line
        lastTime = time
        lastLine = line
    }

    var isCertain: Bool { recogniser.isCertain }

    mutating func take(_ line: Substring, number: Int, at time: Timestamp) -> ExceptionStep {
        bytes += line.utf8.count
        guard number - firstLine < ExceptionDetector.maximumLines, bytes < ExceptionDetector.maximumBytes else {
            return .over
        }
        guard let step = step(line) else { return passed() }
        switch step {
        case .taken, .complete:
            foreign = 0
            lastLine = number
            lastTime = time
        case .foreign: return passed()
        case .over, .nothing: break
        }
        return step
    }

    /// What the recogniser makes of the line; `nil` where another wrote it.
    private mutating func step(_ line: Substring) -> ExceptionStep? {
        if let own = prefix.stripped(line) { return recogniser.take(own) }
        // Most loggers put time and level before a message's first line only.
        guard lastLine == openingLine else { return nil }
        for (shorter, rest) in [prefix.common(with: line), (LinePrefix(""), line)] {
            var trial = recogniser
            let step = trial.take(rest)
            guard step == .taken || step == .complete else { continue }
            recogniser = trial
            prefix = shorter
            return step
        }
        return nil
    }

    private mutating func passed() -> ExceptionStep {
        foreign += 1
        return foreign > ExceptionDetector.maximumForeign ? .over : .foreign
    }
}
