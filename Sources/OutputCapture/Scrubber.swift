// Removes secrets before anything is written to disk: Sentry's servers do not do it for log bodies (protocol
// reference 5.3, 12.4).

/// Finds secrets in one line by their names and by their own forms. One pass, linear in the line's length.
package enum Scrubber {
    /// What stands where a secret was.
    package static let replacement = "[Filtered]"

    /// The line with its secrets replaced, `nil` when it has none.
    ///
    /// - Parameter line: text without escape sequences (``LineText/cleaned(_:)``); bytes that are no UTF-8 are kept.
    package static func scrubbed(_ line: UnsafeRawBufferPointer) -> [UInt8]? {
        var pass = ScrubbingPass(line)
        pass.run()
        return pass.result
    }

    package static func scrub(_ text: String) -> String {
        var text = text
        guard let scrubbed = text.withUTF8({ scrubbed(UnsafeRawBufferPointer($0)) }) else { return text }
        return String(decoding: scrubbed, as: UTF8.self)
    }

    /// A command line: besides the secrets within each word, the values of `--password VALUE`, `--token=VALUE` and of
    /// curl's `-u`/`--user`.
    package static func scrub(arguments: [String]) -> [String] {
        var isValue = false
        let program = arguments.first.map { $0.split(separator: "/").last.map(String.init) ?? $0 } ?? ""
        return arguments.enumerated().map { index, argument in
            if isValue {
                isValue = false
                if !argument.hasPrefix("-") { return replacement }
            }
            guard index > 0 else { return scrub(argument) }
            if program == "curl", ["-u", "--user", "--proxy-user", "-U"].contains(argument) {
                isValue = true
                return argument
            }
            return scrub(option: argument, &isValue)
        }
    }

    private static func scrub(option: String, _ isValue: inout Bool) -> String {
        guard option.hasPrefix("--") else { return scrub(assignment: option) }
        let parts = option.split(separator: "=", maxSplits: 1)
        guard let name = parts.first, isSecretOption(name) else { return scrub(option) }
        isValue = parts.count == 1
        return parts.count == 1 ? option : "\(name)=\(replacement)"
    }

    /// `NAME=value` as env(1), make and docker take it.
    private static func scrub(assignment word: String) -> String {
        guard let equals = word.firstIndex(of: "="), !word.hasPrefix("-") else { return scrub(word) }
        let name = word[..<equals]
        let isName = !name.isEmpty && name.utf8.allSatisfy { $0.isUppercase || $0.isDigit || $0 == 0x5F }
        return isName && SensitiveKey.isSensitive(name: String(name)) ? "\(name)=\(replacement)" : scrub(word)
    }

    /// Whole words: `--author` and `--keyboard` are none. A file's path is no secret: `--key-file`.
    private static func isSecretOption(_ name: Substring) -> Bool {
        if name.hasSuffix("file") || name.hasSuffix("path") || name.hasSuffix("stdin") { return false }
        var name = String(name)
        return name.withUTF8 { SensitiveKey(inText: UnsafeRawBufferPointer($0)) } != .no
    }

    /// An environment variable's value.
    package static func scrub(environment name: String, value: String) -> String {
        SensitiveKey.isSensitive(name: name) && !value.isEmpty ? replacement : scrub(value)
    }
}
