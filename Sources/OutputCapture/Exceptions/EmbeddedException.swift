// `{"level":"error","msg":"…","stack_trace":"java.lang.IllegalStateException: …\n\tat …"}`: an exception as a field.

import SentryProtocol

enum EmbeddedException {
    private static let longestLine = 64 * 1024
    private static let maximumDepth = 4
    private static let maximumTexts = 8

    /// The exception that a structured line carries in one of its texts, or in a list of them.
    ///
    /// - Throws: when the line is no JSON.
    static func read(
        _ line: UnsafeRawBufferPointer, _ scrubber: Scrubber, _ index: TriggerIndex
    ) throws(JSONParseError) -> RecognisedException? {
        guard line.count < longestLine else { return nil }
        let json = try JSONValue(parsing: line)
        var texts: [[Substring]] = []
        collect(json, depth: 0, &texts)
        for lines in texts {
            guard var exception = recognise(lines, scrubber, index) else { continue }
            exception.isLogged = true
            return exception
        }
        return nil
    }

    private static func collect(_ value: JSONValue, depth: Int, _ texts: inout [[Substring]]) {
        guard depth < maximumDepth, texts.count < maximumTexts else { return }
        switch value {
        case .string(let text):
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.count > 1 { texts.append(lines) }
        case .array(let values):
            let strings = values.compactMap(\.string)
            if strings.count > 1, strings.count == values.count { return texts.append(strings.map { $0[...] }) }
            for value in values { collect(value, depth: depth + 1, &texts) }
        case .object(let members): for member in members { collect(member.value, depth: depth + 1, &texts) }
        default: break
        }
    }

    private static func recognise(_ lines: [Substring], _ scrubber: Scrubber, _ index: TriggerIndex)
        -> RecognisedException?
    {
        var detector = ExceptionDetector(.standardError, scrubber, index)
        for line in lines {
            // The text comes from inside a line that begins with a brace: it cannot be structured once more.
            guard line.utf8.first != UInt8(ascii: "{") else { continue }
            var text = String(line)
            text.withUTF8 { detector.take(UnsafeRawBufferPointer($0), [], at: Timestamp(nanoseconds: 0)) }
        }
        detector.finish()
        return detector.takeFound().last
    }
}
