// Words to occurrences of options: which option, how it was spelled, with which text. Values are not read here.

/// What the words before the job's command say.
struct CommandLineScan {
    struct Occurrence {
        /// Index in ``allOptions``.
        var option: Int
        /// As typed, without the value: `--timeout`, `-e`, `--no-sessions`.
        var spelling: String
        var text: String
    }

    var occurrences: [Occurrence] = []
    /// Words that are no options: a slug, a run's id.
    var operands: [String] = []
    /// Index in the words of the job's program, or of where it should be.
    var command: Int?
    /// The command was introduced by `--`.
    var terminated = false
    /// Sentences about words that are no options of ours.
    var problems: [String] = []
    /// ``VerbSet/run`` until a word names another.
    var verb = VerbSet.run
    /// Set where `--help` or `--version` was among the options.
    var shows: Page?

    enum Page {
        case help
        case version
    }
}

struct CommandLineScanner {
    let words: [String]
    var scan: CommandLineScan

    static func scan(_ words: [String]) -> CommandLineScan {
        var scanner = CommandLineScanner(words: words, scan: CommandLineScan())
        scanner.scanWords(from: 0)
        scanner.refuseOptionsOfOtherVerbs()
        return scanner.scan
    }

    private mutating func scanWords(from start: Int) {
        var index = start
        while index < words.count, scan.command == nil {
            let word = words[index]
            if word == "--", !takesCommand {
                scan.operands += words[(index + 1)...]
                return
            } else if word == "--" {
                scan.terminated = true
                scan.command = index + 1
            } else if word.utf8.starts(with: "--".utf8) {
                index = takeLong(word, at: index)
            } else if word.utf8.first == UInt8(ascii: "-"), word != "-" {
                index = takeShort(word, at: index)
            } else {
                index = takeOperand(word, at: index)
            }
        }
    }

    private mutating func takeOperand(_ word: String, at index: Int) -> Int {
        if scan.verb == .run, let named = VerbPage.named(by: words[index...]) {
            scan.verb = named.verb
            return index + named.count
        }
        if scan.verb == .run, word == "monitors" {
            let usage = VerbPage.of(.monitorsRun).usage
            scan.problems.append("of sentry-cli's monitors there is one verb: sentry-run \(usage)")
        }
        guard !startsCommand(word) else {
            scan.command = index
            return index
        }
        scan.operands.append(word)
        return index + 1
    }

    /// Whether what follows `--` is a command.
    private var takesCommand: Bool {
        switch scan.verb {
        case .run, .monitorsRun: true
        case .profile: scan.operands.isEmpty
        default: false
        }
    }

    private func startsCommand(_ word: String) -> Bool {
        switch scan.verb {
        case .run: true
        case .monitorsRun: !scan.operands.isEmpty
        case .profile: scan.operands.isEmpty && word != "diff" && word != "convert"
        default: false
        }
    }

    // MARK: Options

    private mutating func takeLong(_ word: String, at position: Int) -> Int {
        let (spelling, attached) = splitPair(word) ?? (word, nil as String?)
        let name = String(decoding: spelling.utf8.dropFirst(2), as: UTF8.self)
        if let option = option(named: name) {
            return take(option, spelling: spelling, attached: attached, at: position)
        }
        if name.hasPrefix("no-"), attached == nil, let option = option(named: String(name.utf8.dropFirst(3)) ?? ""),
            allOptions[option].isNegatable
        {
            note(option, spelling: spelling, text: "false")
            return position + 1
        }
        scan.problems.append(unknownOption(spelling, verb: scan.verb))
        return skipUnknown(at: position, hasValue: attached != nil)
    }

    /// `-q`, `-e NAME`, `-eNAME`, `-e=NAME`, `-qe NAME`.
    private mutating func takeShort(_ word: String, at position: Int) -> Int {
        var letters = word.unicodeScalars.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = option(short: String(letter)) else {
                scan.problems.append(unknownOption("-\(letter)", verb: scan.verb))
                return skipUnknown(at: position, hasValue: !letters.isEmpty)
            }
            if case .boolean = allOptions[option].kind {
                note(option, spelling: "-\(letter)", text: "true")
                continue
            }
            let attached = letters.isEmpty ? nil : String(letters.first == "=" ? letters.dropFirst() : letters)
            return take(option, spelling: "-\(letter)", attached: attached, at: position)
        }
        return position + 1
    }

    /// - Returns: The position after the option and its value.
    private mutating func take(_ option: Int, spelling: String, attached: String?, at position: Int) -> Int {
        if let attached {
            note(option, spelling: spelling, text: attached)
            return position + 1
        }
        guard case .value = allOptions[option].kind else {
            note(option, spelling: spelling, text: "true")
            return position + 1
        }
        guard position + 1 < words.count, words[position + 1] != "--" else {
            scan.problems.append("\(spelling) needs a value: \(allOptions[option].allowed)")
            return position + 1
        }
        note(option, spelling: spelling, text: words[position + 1])
        return position + 2
    }

    private mutating func note(_ option: Int, spelling: String, text: String) {
        if readBoolean(text) ?? false {
            if allOptions[option].name == "help" { scan.shows = .help }
            if allOptions[option].name == "version", scan.shows == nil { scan.shows = .version }
        }
        scan.occurrences.append(.init(option: option, spelling: spelling, text: text))
    }

    /// The verbs whose options may stand here: before a verb it may be any.
    private var verbs: VerbSet { scan.verb == .run ? .every : scan.verb }

    private func option(named name: String) -> Int? {
        allOptions.firstIndex { $0.name == name && !$0.verbs.isDisjoint(with: verbs) }
    }

    private func option(short name: String) -> Int? {
        allOptions.firstIndex { $0.short == name && !$0.verbs.isDisjoint(with: verbs) }
    }

    /// Whether an option that we do not know takes the next word as its value decides which program is the job. The word
    /// is a value only where everything up to a `--` then reads as options; otherwise it is the job.
    private func skipUnknown(at position: Int, hasValue: Bool) -> Int {
        guard !hasValue, position + 1 < words.count, words[position + 1].utf8.first != UInt8(ascii: "-") else {
            return position + 1
        }
        var rest = CommandLineScanner(words: words, scan: CommandLineScan())
        rest.scan.verb = scan.verb
        rest.scan.operands = scan.operands
        rest.scanWords(from: position + 2)
        let hasSlug = rest.scan.verb != .monitorsRun || !rest.scan.operands.isEmpty
        return rest.scan.terminated && hasSlug ? position + 2 : position + 1
    }

    /// Before a verb any option may stand; which verb it is shows only then.
    private mutating func refuseOptionsOfOtherVerbs() {
        for occurrence in scan.occurrences where allOptions[occurrence.option].verbs.isDisjoint(with: scan.verb) {
            scan.problems.append(unknownOption(occurrence.spelling, verb: scan.verb))
        }
        scan.occurrences.removeAll { allOptions[$0.option].verbs.isDisjoint(with: scan.verb) }
    }
}

extension RunOption {
    /// `--no-x` says something.
    var isNegatable: Bool {
        switch kind {
        case .boolean: name != "help" && name != "version"
        case .optionalValue: true
        case .value: false
        }
    }
}
