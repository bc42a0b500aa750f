// Stacks in Erlang's own notation: [{importer,read,1,[{file,"importer.erl"},{line,12}]},…].

import SentryProtocol

/// Reads frames out of a printed term, wherever in it they are.
enum ErlangTerm {
    private static let maximumLength = 64 * 1024
    private static let maximumPlaces = 256

    /// The frames of the first stack in the text, innermost first, and what stands before it.
    static func stack(in text: String) -> (frames: [Frame], before: Substring)? {
        guard text.utf8.count <= maximumLength else { return nil }
        var frames = FrameList()
        var rest = text[...]
        var before: Substring?
        // A frame ends in the list of what is known of its place.
        for _ in 0..<maximumPlaces {
            guard let found = nextPlace(rest) else { break }
            guard let start = frameStart(rest, before: found.lowerBound) else {
                rest = rest[rest.utf8.index(before: found.upperBound)...]
                continue
            }
            let head = rest[start.upperBound..<found.lowerBound]
            let tail = rest[found.lowerBound...]
            if let frame = frame(head, tail) {
                if before == nil { before = text[..<start.lowerBound] }
                frames.append(frame)
            } else if !frames.isEmpty {
                break
            }
            // The brace may open a frame itself.
            rest = rest[rest.utf8.index(before: found.upperBound)...]
        }
        return before.map { (frames.frames, $0) }
    }

    private static func nextPlace(_ text: Substring) -> Range<Substring.Index>? {
        let known = text.first(",[{")
        // Of these only what comes before is of interest.
        let unknown = text[..<(known?.lowerBound ?? text.endIndex)].first(",[]}")
        return unknown ?? known
    }

    /// The brace that opens `{module,function,arity` right before a place: arguments in between have braces of their own,
    /// and are not read.
    private static func frameStart(_ text: Substring, before end: Substring.Index) -> Range<Substring.Index>? {
        text[..<end].last("{")
    }

    /// `importer,read,1` and `,[{file,"importer.erl"},{line,12}]}…`
    private static func frame(_ head: Substring, _ tail: Substring) -> Frame? {
        let parts = head.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false).map { $0.trimmed }
        guard parts.count == 3, isAtom(parts[0]), isAtom(parts[1]) else { return nil }
        let arity = parts[2].wholeNumber.map { "/\($0)" } ?? ""
        guard !arity.isEmpty || parts[2].begins(with: "[") else { return nil }
        let module = unquoted(parts[0])
        let place = tail.parts(around: "]")?.before ?? tail
        let file = place.enclosed(by: "{file,\"", "\"")
        var frame = Frame(
            function: "\(module):\(unquoted(parts[1]))\(arity)"[...], path: file ?? "",
            line: place.enclosed(by: "{line,", "}")?.position, isInApp: !runtimes.contains(module))
        if file == nil { frame.filename = nil }
        frame.module = String(module)
        return frame
    }

    static func isAtom(_ text: Substring) -> Bool {
        text.begins(with: "'")
            ? text.ends(in: "'") : text.isName(separators: "@-/") && text.utf8.first?.isUppercase == false
    }

    private static func unquoted(_ atom: Substring) -> Substring {
        atom.cutting(prefix: "'")?.cutting(suffix: "'") ?? atom
    }

    /// Modules of OTP that errors come through.
    static let runtimes: Set<Substring> = [
        "erlang", "erl_eval", "init", "proc_lib", "gen", "gen_server", "gen_statem", "gen_event", "supervisor", "lists",
        "maps", "timer", "escript", "shell", "application_master", "application_controller", "io", "file", "ets",
        "prim_eval",
        "erl_scan", "binary", "string", "unicode", "rpc", "erpc", "test_server", "ct",
    ]
}
