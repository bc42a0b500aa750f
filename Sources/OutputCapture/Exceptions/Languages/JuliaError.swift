// Julia's errors.
//
//     ERROR: LoadError: KeyError: key "port" not found
//     Stacktrace:
//      [1] getindex(h::Dict{String, Int64}, key::String)
//        @ Base ./dict.jl:498
//      [2] top-level scope
//        @ /srv/main.jl:7
//     in expression starting at /srv/main.jl:7
//
// Before 1.6 the place stood in the same line, after `at`.
//
// Source: base/errorshow.jl (show_backtrace, print_stackframe), base/client.jl (display_error).

import SentryProtocol

struct JuliaError: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("Stacktrace:")]

    /// The exceptions so far, the one that was raised last first, each with its frames as printed.
    private var chain: [(message: [Substring], frames: FrameList)]
    private var isInStack: Bool

    private static let maximumMessage = 40

    init?(_ opening: inout ExceptionOpening) {
        isInStack = true
        guard opening.text.trimmed == "Stacktrace:" else { return nil }
        var lines: [Substring] = []
        for distance in 1...RecentLines.capacity {
            guard let line = opening.previous(distance) else { return nil }
            lines.insert(line, at: 0)
            if line.begins(with: "ERROR: ") { break }
        }
        guard lines[0].begins(with: "ERROR: ") else { return nil }
        chain = [(lines, FrameList())]
    }

    var isCertain: Bool { !chain[0].frames.isEmpty }

    mutating func take(_ line: Substring) -> ExceptionStep {
        let last = chain.count - 1
        if isInStack { return take(stackLine: line, of: last) }
        if line.trimmed == "Stacktrace:" {
            isInStack = true
            return .taken
        }
        guard chain[last].message.count < Self.maximumMessage else { return .over }
        chain[last].message.append(line)
        return .foreign
    }

    private mutating func take(stackLine line: Substring, of last: Int) -> ExceptionStep {
        let text = line.trimmed
        if let place = text.cutting(prefix: "@ ") {
            chain[last].frames.changeLast { Self.addPlace(place, to: &$0) }
            return .taken
        }
        if let (number, rest) = text.cutting(prefix: "[")?.parts(around: "] "), number.wholeNumber != nil {
            chain[last].frames.append(Self.frame(rest))
            return .taken
        }
        if let cause = text.cutting(prefix: "caused by: "), chain.count < RecognisedException.maximumLinks {
            chain.append(([cause], FrameList()))
            isInStack = false
            return .taken
        }
        if text.begins(with: "in expression starting at ") || text.isEmpty || text.begins(with: "...") { return .taken }
        // `--- the above 2 lines are repeated 39990 more times ---`
        return text.begins(with: "---") || text.begins(with: "⋮") || text.begins(with: "@ ⋮") ? .taken : .over
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        var raised: RaisedException?
        for link in chain.reversed() {
            var exception = Self.exception(link.message, link.frames)
            if var cause = raised {
                cause.source = "cause"
                exception.causes = [cause]
            }
            raised = exception
        }
        return raised.map { RecognisedException(platform: "other", raised: $0, ending: .ended) }
    }

    /// `ERROR: LoadError: KeyError: key "port" not found`; `error()`'s own has no type.
    private static func exception(_ lines: [Substring], _ frames: FrameList) -> RaisedException {
        var first = lines[0].cutting(prefix: "ERROR: ") ?? lines[0]
        while let rest = first.cutting(prefix: "LoadError: ") ?? first.cutting(prefix: "InitError: ") { first = rest }
        var type = "ErrorException"[...]
        if let (name, rest) = first.parts(around: ": ") ?? first.parts(around: ":"), name.isName(separators: "."),
            name.utf8.first?.isUppercase == true
        {
            type = name
            first = rest
        } else if let (name, _) = first.parts(around: "("), name.isName(separators: "."),
            name.utf8.first?.isUppercase == true, first.ends(in: ")")
        {
            type = name
        }
        let value = ([first] + lines.dropFirst()).map(String.init).joined(separator: "\n")
        return RaisedException(type: String(type), value: value, frames: frames.oldestFirst)
    }

    /// `getindex(h::Dict{String, Int64}, key::String)`, before 1.6 followed by ` at ./dict.jl:498`
    private static func frame(_ text: Substring) -> Frame {
        let (signature, place) = text.parts(aroundLast: " at ") ?? (text, "")
        let name = signature.parts(around: "(")?.before ?? signature
        var frame = Frame(function: String(name.isEmpty ? signature : name), inApp: true)
        if !place.isEmpty { addPlace(place, to: &frame) }
        return frame
    }

    /// `Base ./dict.jl:498 [inlined]`, `/srv/main.jl:7`
    private static func addPlace(_ text: Substring, to frame: inout Frame) {
        let place = text.parts(around: " [inlined]")?.before ?? text
        let (module, path) = place.parts(around: " ") ?? ("", place)
        guard let found = path.trimmed.place else { return }
        let isOwn =
            found.file.begins(with: "./") || bases.contains(module) || found.file.includes("/.julia/packages/")
            || found.file.includes("/share/julia/")
        var placed = Frame(
            function: frame.function?[...], path: found.file, line: found.line, isInApp: !isOwn)
        placed.module = module.isEmpty ? nil : String(module)
        frame = placed
    }

    private static let bases: Set<Substring> = ["Base", "Core"]
}
