// Records of plain lines of JSON: their bytes go from the line into the record.

import SentryProtocol

extension LogRecord {
    mutating func addFields(_ line: PlainJSON, _ scrubber: Scrubber) {
        for index in 0..<line.count {
            let field = line.fields[index]
            let name = field.key.pointee.name
            guard !name.isEmpty, !name.has("sentry."), key(name, beginning: field.key.pointee.json) else { continue }
            addValue(of: field, named: name, scrubber)
        }
    }

    private mutating func addValue(
        of field: PlainJSON.Field, named name: UnsafeRawBufferPointer, _ scrubber: Scrubber
    ) {
        switch field.kind {
        case .text where field.key.pointee.mayBeSecret: addValue(field.value, named: name, scrubber)
        case .text: scrubber.withScrubbed(field.value) { addValue(bounded: $0) }
        case .escapedText: addValue(quoted: JSONText.unescaped(field.value), named: name, scrubber)
        case .number(let isInteger) where !field.key.pointee.mayBeSecret:
            value(number: field.value, isInteger: isInteger)
        case .truth(let truth): value(.boolean(truth))
        case .number, .scalar: addValue(FieldValue.scalar(field.value) ?? .integer(0), named: name, scrubber)
        }
    }
}
