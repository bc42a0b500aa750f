// Removes secrets before anything is written to disk: Sentry's servers do not do it for log bodies (protocol
// reference 5.3, 12.4).

import Patterns

/// Finds secrets by their names, by their own forms and by the user's rules, and counts what it removed. Linear in what it
/// looks at. Owned by one thread.
package final class Scrubber {
    /// What stands where a secret was.
    package static let replacement = "[Filtered]"

    /// What was removed so far, where it was counted.
    package private(set) var tally = SecretTally()
    let decisions: ScrubDecisions

    package init(_ rules: ScrubRules = ScrubRules()) { decisions = ScrubDecisions(rules) }

    /// The text with its secrets replaced, `nil` when it has none.
    ///
    /// - Parameters:
    ///   - text: a line, or several; without escape sequences (``LineText/cleaned(_:)``). Bytes that are no UTF-8 are
    ///     kept.
    ///   - counts: `false` for a text that is looked at once more.
    ///   - personal: `false` for what the user said of the run: only secrets are removed from it.
    package func scrubbed(
        _ text: UnsafeRawBufferPointer, counts: Bool = true, personal: Bool = true
    ) -> [UInt8]? {
        guard let own = withoutPatterns(text, counts) else { return builtIn(text, counts, personal) }
        return own.withUnsafeBytes { builtIn($0, counts, personal) } ?? own
    }

    private func builtIn(_ text: UnsafeRawBufferPointer, _ counts: Bool, _ personal: Bool) -> [UInt8]? {
        if Self.isHarmlessWord(text) { return nil }
        let isPersonal = personal && decisions.removesPersonalData
        // Most texts have nothing that is worth a look.
        var places = ScrubPlaces(text, .all, personal: isPersonal)
        guard let first = places.next(from: 0) else { return nil }
        var pass = ScrubbingPass(text, decisions, places, personal: isPersonal)
        pass.index = first.place
        pass.run()
        if counts { tally.add(pass.tally) }
        return pass.result
    }

    /// One word that is too short for a token: these begin at 20 letters and digits, cards at 13 digits.
    private static func isHarmlessWord(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count < 20, let word = ShortText(text) else { return text.isEmpty }
        return word.isName && (text.count < 13 || text.contains(where: \.isLetter))
    }

    private func withoutPatterns(_ text: UnsafeRawBufferPointer, _ counts: Bool) -> [UInt8]? {
        guard !decisions.patterns.isEmpty else { return nil }
        var result: [UInt8]?
        for pattern in decisions.patterns {
            let next = result.map { $0.withUnsafeBytes { replacing(pattern, in: $0, counts) } }
            result = (next ?? replacing(pattern, in: text, counts)) ?? result
        }
        return result
    }

    private func replacing(_ pattern: PatternMatcher, in text: UnsafeRawBufferPointer, _ counts: Bool) -> [UInt8]? {
        let parts = pattern.parts(of: text)
        guard !parts.isEmpty else { return nil }
        var result: [UInt8] = []
        var copied = 0
        for part in parts where !text.has("[Filtered]", at: part.lowerBound) {
            result.append(contentsOf: text[copied..<part.lowerBound])
            result.append(contentsOf: Self.replacement.utf8)
            copied = part.upperBound
            if counts { tally.add(.pattern) }
        }
        result.append(contentsOf: text[copied...])
        return result
    }

    package func scrub(_ text: String, counts: Bool = true, personal: Bool = true) -> String {
        var text = text
        guard
            let scrubbed = text.withUTF8({
                scrubbed(UnsafeRawBufferPointer($0), counts: counts, personal: personal)
            })
        else { return text }
        return String(decoding: scrubbed, as: UTF8.self)
    }

    /// A text of many lines, each looked at by itself: private keys may span them.
    package func scrub(lines text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var block = PrivateKeyBlock()
        result.reserveCapacity(text.count)
        text.withUnsafeBytes { bytes in
            var rest = bytes
            while true {
                let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
                let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
                if covers(line, &block) {
                    result.append(contentsOf: Self.replacement.utf8)
                } else if let scrubbed = scrubbed(line) {
                    result.append(contentsOf: scrubbed)
                } else {
                    result.append(contentsOf: line)
                }
                guard end < rest.endIndex else { return }
                result.append(0x0A)
                rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
            }
        }
        return result
    }

    /// Whether the line belongs to a private key that spans lines; a key counts once.
    @inline(__always) func covers(_ line: UnsafeRawBufferPointer, _ block: inout PrivateKeyBlock) -> Bool {
        block.mayCover(line) && isCovered(line, &block)
    }

    @inline(never) private func isCovered(_ line: UnsafeRawBufferPointer, _ block: inout PrivateKeyBlock) -> Bool {
        let wasInside = block.isInside
        let isCovered = block.covers(line)
        if isCovered, !wasInside { tally.add(.privateKey) }
        return isCovered
    }

    /// A value with a name: a JSON member, a log's attribute.
    ///
    /// - Returns: `nil` where it may stay as it is.
    package func scrubbed(
        _ value: UnsafeRawBufferPointer, named name: UnsafeRawBufferPointer, counts: Bool = true, personal: Bool = true
    ) -> [UInt8]? {
        guard !value.isEmpty, !isReplacement(value) else { return nil }
        let verdict = decisions.keys.verdict(name)
        if verdict.mayBeSecret, !decisions.allows(key: name), isSecret(value, verdict, personal: personal),
            !decisions.allows(value: value)
        {
            if counts { tally.add(verdict.ofField == .no ? .userName : .named) }
            return Array(Self.replacement.utf8)
        }
        return scrubbed(value, counts: counts, personal: personal)
    }

    private func isReplacement(_ value: UnsafeRawBufferPointer) -> Bool {
        value.count == Self.replacement.utf8.count && value.has("[Filtered]")
    }

    private func isSecret(_ value: UnsafeRawBufferPointer, _ verdict: KeyVerdicts.Verdict, personal: Bool) -> Bool {
        switch verdict.ofField {
        case .always, .header: true
        case .ifNotPlain: !SecretShape.looksPlain(value)
        case .ifRandomLooking: SecretShape.looksRandom(value)
        case .no: personal && decisions.removesPersonalData && verdict.isPersonal
        }
    }

    func count(_ kind: SecretKind) { tally.add(kind) }

    /// An environment variable's value.
    package func scrub(environment name: String, value: String) -> String {
        SensitiveKey.isSensitive(name: name) && !value.isEmpty ? Self.replacement : scrub(value)
    }
}
