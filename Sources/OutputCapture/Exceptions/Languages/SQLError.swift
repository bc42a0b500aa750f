// What the command-line clients of databases print of a statement that failed.
//
//     psql:report.sql:3: ERROR:  relation "custmer" does not exist      PostgreSQL
//     LINE 1: select * from custmer;
//     ERROR 1146 (42S02) at line 3: Table 'shop.custmer' doesn't exist   MySQL, MariaDB
//     Parse error near line 3: no such table: custmer                    SQLite
//
// Source: psql's common.c (pg_log with the file and line), libpq's fe-protocol3.c; client/mysql.cc; shell.c of SQLite.

import SentryProtocol

struct SQLError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .start("psql"), .start("ERROR:  "), .start("ERROR "), .start("Error: in"), .start("Error: un"),
        .anywhere(" near line "),
    ]

    private let client: Client
    private let isCertainFromStart: Bool
    private var message: [Substring]
    private var frame: Frame?
    /// Of functions in the database, innermost first.
    private var context = FrameList()
    private var hasDetails = false
    /// A message of several lines goes on.
    private var isOpen = false

    private enum Client: String {
        case postgres = "PostgresError"
        case mysql = "MySQLError"
        case sqlite = "SQLiteError"
    }

    private static let maximumLines = 16

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text
        if text.begins(with: " near line ") { opening.begin(at: 0) }
        guard let read = Self.postgres(text) ?? Self.mysql(text, opening) ?? Self.sqlite(opening.line[...]) else {
            return nil
        }
        client = read.client
        message = [read.message]
        frame = read.frame
        // `ERROR:  text` without a file is anybody's.
        isCertainFromStart = read.client != .postgres || text.begins(with: "psql")
        isOpen = client == .mysql && Self.isUnclosed(read.message)
    }

    private typealias Read = (client: Client, message: Substring, frame: Frame?)

    // MARK: The first line

    private static func postgres(_ line: Substring) -> Read? {
        if let message = line.cutting(prefix: "ERROR:  ") { return (.postgres, message, nil) }
        if let message = line.cutting(prefix: "psql: error: ") { return (.postgres, message, nil) }
        guard let rest = line.cutting(prefix: "psql:"), let (place, text) = rest.parts(around: ": "),
            let found = place.place,
            let message = ["ERROR:  ", "FATAL:  ", "PANIC:  ", "error: "].compactMap({ text.cutting(prefix: $0) }).first
        else { return nil }
        return (.postgres, message, Frame(function: nil, path: found.file, line: found.line))
    }

    /// `ERROR 1064 (42000) at line 1: text`
    private static func mysql(_ line: Substring, _ opening: ExceptionOpening) -> Read? {
        guard let rest = line.cutting(prefix: "ERROR "), let (number, after) = rest.parts(around: " ("),
            number.wholeNumber != nil, let (state, tail) = after.parts(around: ")"), state.utf8.count == 5
        else { return nil }
        if let message = tail.cutting(prefix: ": ") { return (.mysql, "\(number) (\(state)): \(message)"[...], nil) }
        guard let (digits, message) = tail.cutting(prefix: " at line ")?.parts(around: ": "), let at = digits.position
        else { return nil }
        var frame = Frame(function: nil, path: "<stdin>", line: at)
        frame.contextLine = statement(opening)
        return (.mysql, "\(number) (\(state)): \(message)"[...], frame)
    }

    /// The client shows what failed between two rules.
    private static func statement(_ opening: ExceptionOpening) -> String? {
        guard opening.previous(1)?.isBlank == true, opening.previous(2)?.begins(with: "-----") == true else {
            return nil
        }
        var lines: [Substring] = []
        for distance in 3...RecentLines.capacity {
            guard let line = opening.previous(distance) else { return nil }
            if line.begins(with: "-----") { return lines.map(String.init).joined(separator: "\n") }
            lines.insert(line, at: 0)
        }
        return nil
    }

    /// `Parse error near line 3: text`, `Error: near line 3: text`, `Error: in prepare, text`
    private static func sqlite(_ line: Substring) -> Read? {
        for lead in ["Error: in prepare, ", "Error: unable to open database "] {
            guard let rest = line.cutting(prefix: lead) else { continue }
            return (.sqlite, lead.hasSuffix(", ") ? rest : line.dropFirst("Error: ".utf8.count), nil)
        }
        for lead in ["Parse error near line ", "Runtime error near line ", "Error: near line "] {
            guard let (digits, message) = line.cutting(prefix: lead)?.parts(around: ": "), let number = digits.position
            else { continue }
            return (.sqlite, message, Frame(function: nil, path: "<stdin>", line: number))
        }
        return nil
    }

    /// A quotation of the statement has line breaks of its own.
    private static func isUnclosed(_ message: Substring) -> Bool {
        guard let (_, quoted) = message.parts(around: " near '") else { return false }
        return quoted.parts(aroundLast: "' at line ") == nil
    }

    // MARK: The lines below

    var isCertain: Bool { isCertainFromStart || hasDetails }

    mutating func take(_ line: Substring) -> ExceptionStep {
        switch client {
        case .postgres: takeDetail(line)
        case .mysql: takeMessage(line)
        case .sqlite: takeSource(line)
        }
    }

    private mutating func takeMessage(_ line: Substring) -> ExceptionStep {
        guard isOpen, message.count < Self.maximumLines else { return .over }
        message.append(line)
        isOpen = line.parts(aroundLast: "' at line ") == nil
        return isOpen ? .taken : .complete
    }

    /// The statement, and an arrow below the place.
    private mutating func takeSource(_ line: Substring) -> ExceptionStep {
        guard line.begins(with: "  "), !line.isBlank else { return .over }
        if line.includes("^--- error here") { return .complete }
        if frame == nil { frame = Frame(function: nil, path: "<statement>", line: nil) }
        frame?.contextLine = String(line.trimmed)
        return .taken
    }

    private mutating func takeDetail(_ line: Substring) -> ExceptionStep {
        for lead in ["DETAIL:  ", "HINT:  ", "QUERY:  ", "STATEMENT:  ", "LOCATION:  "] where line.begins(with: lead) {
            hasDetails = true
            return .taken
        }
        if let text = line.cutting(prefix: "CONTEXT:  ") {
            hasDetails = true
            addContext(text)
            return .taken
        }
        if let (number, source) = line.cutting(prefix: "LINE ")?.parts(around: ": "), let at = number.position {
            hasDetails = true
            // Lines of a statement count from its own first: the file's is where it ended.
            if frame == nil { frame = Frame(function: nil, path: "<statement>", line: at) }
            frame?.contextLine = String(source)
            return .taken
        }
        if line.trimmed == "^" || hasDetails && line.begins(with: "\t") { return .taken }
        guard line.begins(with: "\t"), context.isEmpty, message.count < Self.maximumLines else { return .over }
        message.append(line.trimmed)
        return .taken
    }

    /// `PL/pgSQL function charge(integer) line 4 at RAISE`
    private mutating func addContext(_ text: Substring) {
        guard let (head, place) = text.parts(aroundLast: " line "),
            let (_, function) = head.parts(around: " function "),
            let line = (place.parts(around: " ")?.before ?? place).position
        else { return }
        context.append(Frame(function: String(function), line: line, inApp: true))
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        let frames = (frame.map { [$0] } ?? []) + context.oldestFirst
        var exception = RecognisedException(
            platform: "other",
            raised: RaisedException(
                type: client.rawValue, value: message.map(String.init).joined(separator: "\n"), frames: frames))
        exception.rank = .complaint
        return exception
    }
}
