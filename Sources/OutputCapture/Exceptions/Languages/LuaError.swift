// Lua's errors: the interpreter's own, and what debug.traceback() made.
//
//     lua5.4: index.lua:4: attempt to index a nil value (field 'lines')
//     stack traceback:
//     	index.lua:4: in upvalue 'total'
//     	[C]: in ?
//
// Source: lua.c (msghandler, l_message), lauxlib.c (luaL_traceback).

import SentryProtocol

struct LuaError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .start("lua:"), .start("lua5"), .start("luaj"), .anywhere("stack traceback:"),
    ]

    private var message: [Substring]
    private var frames = FrameList()
    private var hasHeader: Bool
    /// `lua5.4: `: only the interpreter that gives up prints it.
    private let isInterpreter: Bool

    private static let maximumLines = 64

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text
        hasHeader = text.begins(with: "stack traceback:")
        if hasHeader {
            guard text.trimmed == "stack traceback:", let message = Self.messageBefore(opening) else { return nil }
            isInterpreter = Self.interpreter(message[0]) != nil
            self.message = message
        } else {
            guard Self.interpreter(text) != nil else { return nil }
            isInterpreter = true
            message = [text]
        }
        message[0] = Self.interpreter(message[0]) ?? message[0]
    }

    /// What follows `lua: `, `lua5.4: `, `luajit: `.
    private static func interpreter(_ line: Substring) -> Substring? {
        guard let (name, rest) = line.parts(around: ": "), name.begins(with: "lua"), name.utf8.count < 16 else {
            return nil
        }
        return name.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
            ? rest : nil
    }

    /// A message of several lines is taken to begin where one has a place in a file.
    private static func messageBefore(_ opening: ExceptionOpening) -> [Substring]? {
        var lines: [Substring] = []
        for distance in 1...RecentLines.capacity {
            guard let line = opening.previous(distance), !line.isBlank else { break }
            lines.insert(line, at: 0)
            if interpreter(line) != nil || position(in: line) != nil { return lines }
        }
        return opening.previous(1).flatMap { $0.isBlank ? nil : [$0] }
    }

    /// `index.lua:4: `, `[string "…"]:1: `, `(command line):1: `
    private static func position(in line: Substring) -> (place: Substring, message: Substring)? {
        guard let (place, message) = line.parts(around: ": "), place.place?.column == nil, let found = place.place,
            !found.file.isEmpty,
            !found.file.includes(" ") || found.file.begins(with: "(") || found.file.begins(with: "[")
        else { return nil }
        return (place, message)
    }

    var isCertain: Bool { hasHeader && !frames.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        guard hasHeader else { return takeMessage(line) }
        if line.begins(with: "\t") {
            take(frame: line.trimmed)
            return .taken
        }
        // OpenResty prints the stack of every coroutine.
        return line.begins(with: "coroutine ") && line.ends(in: ":") ? .taken : .over
    }

    private mutating func takeMessage(_ line: Substring) -> ExceptionStep {
        if line.trimmed == "stack traceback:" {
            hasHeader = true
            return .taken
        }
        // A syntax error, or an object that was thrown, has no traceback, and nothing tells where its message ends.
        guard message.count < Self.maximumLines, !line.isBlank else { return .over }
        message.append(line)
        return .foreign
    }

    func finish() -> RecognisedException? {
        guard isCertain || isInterpreter && (Self.position(in: message[0]) != nil || hasHeader) else { return nil }
        var lines = hasHeader ? message : [message[0]]
        var stack = frames.oldestFirst
        if let (place, text) = Self.position(in: lines[0]) {
            lines[0] = text
            if stack.isEmpty, let found = place.place {
                stack = [Frame(function: nil, path: found.file, line: found.line)]
            }
        }
        return RecognisedException(
            platform: "other",
            raised: RaisedException(
                type: "LuaError", value: lines.map(String.init).joined(separator: "\n"), frames: stack),
            ending: isInterpreter ? .ended : .unknown)
    }

    /// `index.lua:10: in local 'report'`, `[C]: in function 'error'`, `index.lua:15: in main chunk`
    private mutating func take(frame text: Substring) {
        guard let (place, rest) = text.parts(around: ": in ") ?? text.parts(around: ": "), !text.begins(with: "...")
        else {
            return
        }
        if place == "[C]" {
            guard let name = rest.enclosed(by: "'", "'") else { return }
            var frame = Frame(function: String(name), inApp: false)
            frame.filename = "[C]"
            return frames.append(frame)
        }
        guard let found = place.place else { return }
        // `in metamethod 'index'`
        let metamethod = rest.begins(with: "metamethod '") ? rest.enclosed(by: "'", "'").map { "__\($0)"[...] } : nil
        let function =
            metamethod ?? rest.enclosed(by: "'", "'") ?? (rest == "main chunk" ? "<main chunk>" : "<anonymous>")
        frames.append(Frame(function: function, path: found.file, line: found.line))
    }
}
