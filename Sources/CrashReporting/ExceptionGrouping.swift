// Which exceptions are one issue.

import SentryProtocol

/// What an event of a printed exception is grouped by.
///
/// The server's own grouping does what it does for events of that language's SDK: by the application's frames, or by type and
/// value without the numbers, addresses and ids in it. What it cannot know are names that were made up for one run: only
/// where a value has such a name the event brings its own fingerprint.
package enum ExceptionGrouping {
    private static let framesThatCount = 5

    /// - Parameter chain: as in the event; the last one was finally raised.
    /// - Returns: empty to leave it to the server.
    package static func fingerprint(_ chain: [SentryException]) -> [String] {
        guard let value = chain.last?.value, withoutTemporaryNames(value) != value else { return [] }
        return identity(chain)
    }

    /// The same for the same failure in any run, different for different ones.
    package static func identity(_ chain: [SentryException]) -> [String] {
        var parts: [String] = []
        for (index, exception) in chain.reversed().enumerated() {
            parts += [exception.type ?? "", normalised(exception.value ?? "")]
            if index == 0 { parts += places(exception.stackTrace?.frames ?? []) }
            // Causes further down are told by the place in the code.
            if index == 1 { break }
        }
        return parts
    }

    /// The application's innermost frames; those of others where it has none. Lines move with every release.
    private static func places(_ frames: [Frame]) -> [String] {
        let own = frames.filter { $0.inApp == true }
        var places: [String] = []
        for frame in (own.isEmpty ? frames : own).reversed() {
            let place = [frame.module ?? frame.filename, frame.function].compactMap { $0 }.joined(separator: " ")
            if !places.contains(place), !place.isEmpty { places.append(place) }
            if places.count == framesThatCount { break }
        }
        return places
    }

    // MARK: Values

    /// The first line without what differs from run to run: paths of temporary files, ids, addresses, numbers.
    package static func normalised(_ value: String) -> String {
        let line =
            value.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? value
        return withoutNumbers(withoutTemporaryNames(line))
    }

    private static let temporaryDirectories = ["/tmp/", "/var/tmp/", "/dev/shm/", "/var/folders/", "/run/user/"]

    /// `/tmp/tmpq1w2e3r4/rows.csv` becomes `<tmp>/rows.csv`: what is no made-up name is kept.
    static func withoutTemporaryNames(_ value: String) -> String {
        var result: [UInt8] = []
        var rest = Array(value.utf8)[...]
        while !rest.isEmpty {
            let directory = temporaryDirectories.first { rest.starts(with: $0.utf8) }
            guard let directory, result.last.map(endsWord) ?? true else {
                result.append(rest.removeFirst())
                continue
            }
            let path = rest.prefix { !endsPath($0) }
            rest = rest[path.endIndex...]
            result += "<tmp>".utf8
            let names = path.dropFirst(directory.utf8.count).split(separator: UInt8(ascii: "/"))
            if let last = names.last, !isMadeUp(last) { result += [UInt8(ascii: "/")] + last }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        !(isAlphanumericByte(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "."))
    }

    private static func endsPath(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x20, UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: ":"),
            UInt8(ascii: ","),
            UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: ">"), UInt8(ascii: ";"):
            true
        default: false
        }
    }

    /// Digits among letters, or mkdtemp's and mktemp's own names.
    private static func isMadeUp(_ name: ArraySlice<UInt8>) -> Bool {
        let stem = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if name.starts(with: "tmp".utf8) { return true }
        return stem.contains { part in
            part.count >= 6 && part.contains(where: isLetterByte) && part.contains(where: isDigitByte)
        } || name.allSatisfy(isDigitByte)
    }

    /// Numbers become `<n>`, hexadecimal ones and ids `<hex>`.
    private static func withoutNumbers(_ value: String) -> String {
        var result: [UInt8] = []
        var rest = Array(value.utf8)[...]
        while let first = rest.first {
            guard isAlphanumericByte(first) else {
                result.append(first)
                rest = rest.dropFirst()
                continue
            }
            let word = rest.prefix { isAlphanumericByte($0) || $0 == UInt8(ascii: "-") && isIDPart(rest) }
            rest = rest[word.endIndex...]
            result += replacement(word)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A UUID begins here: its hyphens belong to it.
    private static func isIDPart(_ text: ArraySlice<UInt8>) -> Bool {
        let id = text.prefix(36)
        guard id.count == 36 else { return false }
        let hyphens = Set([8, 13, 18, 23])
        return id.enumerated().allSatisfy {
            hyphens.contains($0.offset) ? $0.element == UInt8(ascii: "-") : isHexByte($0.element)
        }
    }

    private static func replacement(_ word: ArraySlice<UInt8>) -> [UInt8] {
        if word.allSatisfy(isDigitByte) { return Array("<n>".utf8) }
        // With a unit: `30s`, `512MiB`.
        let unit = word.drop(while: isDigitByte)
        if unit.count < word.count, unit.count <= 3, unit.allSatisfy(isLetterByte) { return Array("<n>".utf8) + unit }
        if word.starts(with: "0x".utf8), word.count > 2, word.dropFirst(2).allSatisfy(isHexByte) {
            return Array("<hex>".utf8)
        }
        let isHexadecimal = word.allSatisfy { isHexByte($0) || $0 == UInt8(ascii: "-") }
        if isHexadecimal, word.count >= 8, word.contains(where: isDigitByte) { return Array("<hex>".utf8) }
        return Array(word)
    }
}

private func isDigitByte(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
private func isLetterByte(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
private func isAlphanumericByte(_ byte: UInt8) -> Bool { isDigitByte(byte) || isLetterByte(byte) }
private func isHexByte(_ byte: UInt8) -> Bool { isDigitByte(byte) || (byte | 0x20) &- 0x61 < 6 }
