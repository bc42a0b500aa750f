// A whole JSON document that is to be written: the texts in it lose what the rules remove, everything else stays byte for
// byte. This is the last gate before the spool, whatever made the document.

import LinuxSystem
import SentryProtocol

extension Scrubber {
    /// The document with its secrets removed. What is no JSON is scrubbed as text.
    ///
    /// - Parameter counts: `false` for a document whose texts were counted before.
    package func scrub(json document: [UInt8], counts: Bool = true) -> [UInt8] {
        var gate = JSONScrubber(scrubber: self, counts: counts)
        return document.withUnsafeBytes { gate.run($0) } ?? document
    }
}

/// Walks once over the document's bytes. Members called `user` and `tags` at the top are the user's own words: they lose
/// secrets, not personal data.
private struct JSONScrubber {
    let scrubber: Scrubber
    let counts: Bool
    private var output: [UInt8]?
    private var copied = 0
    /// The names that lead to where we are; `nil` within an array.
    private var path: [Range<Int>?] = []
    private var name: Range<Int>?
    private var keyBlock = PrivateKeyBlock()

    init(scrubber: Scrubber, counts: Bool) {
        self.scrubber = scrubber
        self.counts = counts
    }

    /// `nil` where nothing had to go.
    mutating func run(_ document: UnsafeRawBufferPointer) -> [UInt8]? {
        var index = 0
        while index < document.count {
            switch document[index] {
            case UInt8(ascii: "\""):
                let end = endOfString(document, from: index)
                if isName(document, after: end) {
                    name = (index + 1)..<(end - 1)
                } else {
                    string(document, (index + 1)..<max(index + 1, end - 1))
                }
                index = end
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                path.append(name)
                name = nil
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if document[index] == UInt8(ascii: "}") { keyBlock = PrivateKeyBlock() }
                _ = path.popLast()
                name = nil
                index += 1
            default: index += 1
            }
        }
        output?.append(contentsOf: document[copied...])
        return output
    }

    private func endOfString(_ document: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start + 1
        while index < document.count {
            let rest = UnsafeRawBufferPointer(rebasing: document[index...])
            guard let quote = firstOffset(of: UInt8(ascii: "\""), in: rest) else { return document.count }
            var backslashes = 0
            while quote > backslashes, rest[quote - 1 - backslashes] == UInt8(ascii: "\\") { backslashes += 1 }
            if backslashes % 2 == 0 { return index + quote + 1 }
            index += quote + 1
        }
        return document.count
    }

    private func isName(_ document: UnsafeRawBufferPointer, after end: Int) -> Bool {
        var index = end
        while index < document.count, document[index].isSpace || document[index] == 0x0A { index += 1 }
        return index < document.count && document[index] == UInt8(ascii: ":")
    }

    private mutating func string(_ document: UnsafeRawBufferPointer, _ range: Range<Int>) {
        let raw = UnsafeRawBufferPointer(rebasing: document[range])
        guard !raw.isEmpty else { return }
        let key = (name ?? path.last ?? nil).map { UnsafeRawBufferPointer(rebasing: document[$0]) }
        let isPersonal = !isUsersOwn(document)
        guard firstOffset(of: UInt8(ascii: "\\"), in: raw) != nil else {
            if let clean = scrubbed(raw, key, isPersonal) { replace(document, range, clean) }
            return
        }
        guard case .string(var text)? = try? JSONValue(parsing: [0x22] + Array(raw) + [0x22]) else {
            if let clean = scrubbed(raw, key, isPersonal) { replace(document, range, clean) }
            return
        }
        if let clean = text.withUTF8({ scrubbed(UnsafeRawBufferPointer($0), key, isPersonal) }) {
            replace(document, range, clean)
        }
    }

    private mutating func scrubbed(
        _ text: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer?, _ personal: Bool
    ) -> [UInt8]? {
        if scrubber.covers(text, &keyBlock) { return Array(Scrubber.replacement.utf8) }
        guard let key else { return scrubber.scrubbed(text, counts: counts, personal: personal) }
        return scrubber.scrubbed(text, named: key, counts: counts, personal: personal)
    }

    private func isUsersOwn(_ document: UnsafeRawBufferPointer) -> Bool {
        guard path.count == 2, let top = path[1] else { return false }
        let name = UnsafeRawBufferPointer(rebasing: document[top])
        return name.equalsIgnoringCase("user") || name.equalsIgnoringCase("tags")
    }

    private mutating func replace(_ document: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: [UInt8]) {
        if output == nil { output = [] }
        output?.append(contentsOf: document[copied..<range.lowerBound])
        output?.append(contentsOf: String(decoding: text, as: UTF8.self).jsonBytes.dropFirst().dropLast())
        copied = range.upperBound
    }
}
