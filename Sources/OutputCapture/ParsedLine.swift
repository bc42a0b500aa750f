// What a line says about itself, and what a recogniser writes that into.

import SentryProtocol

/// What a line says about itself. Absent fields were not said.
package struct ParsedLine: Sendable {
    package var format: LineFormat?
    package var level: LogLevel?
    package var time: LineTime?
    /// Where in the line the message stands, without what the logger put before it. `nil`: see ``text``.
    package var range: Range<Int>?
    /// The message where it was quoted in the line; `nil` together with no ``range``: the whole line is the message.
    package var text: String?
    /// The message with its parameters' names in place of them, and the parameters.
    package var template: String?
    package var parameters: [LineAttribute] = []
    /// What else the line says, in its order: the names of Sentry's conventions where they have one.
    package var attributes = LineFields()
    /// Forms that this line has and that mean something only where other lines of the stream have them too.
    package var shapes: LineShapes = []

    package init() {}

    /// What is said of a line that is part of another one: nothing of it are places any more.
    func owned(from line: UnsafeRawBufferPointer) -> ParsedLine {
        var owned = self
        owned.text = message(in: line) ?? line.text
        owned.range = nil
        owned.attributes = attributes.owned(from: line)
        return owned
    }

    /// The message, `nil` when it is the whole line.
    ///
    /// - Parameter line: the one that was parsed.
    package func message(in line: UnsafeRawBufferPointer) -> String? {
        text ?? range.map { UnsafeRawBufferPointer(rebasing: line[$0]).text }
    }
}

/// How a line was understood.
package enum LineFormat: UInt8, Sendable, CaseIterable {
    case json
    case logfmt
    case syslog
    /// glog, klog, absl.
    case glog
    /// Ruby's Logger.
    case ruby
    /// A time first: Python, log4j, logback, Go, Rust, PostgreSQL, nginx …
    case timestamped
    /// A bracket first: Apache, Monolog, env_logger, gunicorn …
    case bracketed
    /// A level first.
    case leveled
    /// Apache's and nginx's access logs.
    case access
    case systemd
    case npm
    case perl
    case php
    case rails
    /// `gcc: error: …`.
    case diagnostic
    /// The first of two lines: .NET's console logger.
    case dotnetHeader
    /// The first of two lines: java.util.logging.
    case javaHeader
}

/// Forms that may as well be prose.
package struct LineShapes: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `ERROR:name:message`.
    static let nameBetweenColons = LineShapes(rawValue: 1)
    /// `ERROR name: message`.
    static let nameBeforeColon = LineShapes(rawValue: 2)
    /// `08:00:00 message`: no date, no level.
    static let bareClock = LineShapes(rawValue: 4)
    /// `error: message`: winston's, or a compiler's.
    static let lowercaseLevel = LineShapes(rawValue: 8)
}

/// A line under a recogniser's eyes.
struct LineReading {
    let line: UnsafeRawBufferPointer
    /// `false` when only the level is wanted: nothing is allocated then.
    let wantsDetails: Bool
    /// Shapes that the stream's earlier lines have shown to be its logger's.
    let trusted: LineShapes
    var parsed = ParsedLine()

    init(_ line: UnsafeRawBufferPointer, wantsDetails: Bool, trusted: LineShapes = []) {
        self.line = line
        self.wantsDetails = wantsDetails
        self.trusted = trusted
    }

    /// Notes the shape; whether it may be relied on.
    mutating func trusts(_ shape: LineShapes) -> Bool {
        parsed.shapes.formUnion(shape)
        return trusted.contains(shape)
    }

    mutating func add(_ name: StaticString, _ range: Range<Int>) {
        if wantsDetails, !range.isEmpty { parsed.attributes.append(name, range) }
    }

    mutating func add(_ name: StaticString, _ number: Int64) {
        if wantsDetails { parsed.attributes.append(name, number) }
    }

    mutating func add(_ name: String, text: String) {
        if wantsDetails { parsed.attributes.append(LineAttribute(name, .string(text))) }
    }

    /// - Parameter name: as the line has it, or made of it.
    mutating func add(_ name: LineFields.Name, _ value: FieldValue) {
        if wantsDetails { parsed.attributes.append(name, value, in: line) }
    }

    /// Everything from here on is the message, if there is anything.
    mutating func setMessage(from offset: Int, to end: Int? = nil) {
        let end = min(end ?? line.count, line.count)
        var start = offset
        while start < end, line[start].isSpace { start += 1 }
        if start < end { parsed.range = start..<end }
    }
}
