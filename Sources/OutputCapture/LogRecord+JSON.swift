// Records of plain lines of JSON: their bytes go from the line into the record.

import SentryProtocol

extension LogRecord {
    mutating func addFields(_ line: PlainJSON, _ scrubber: Scrubber) {
        for index in 0..<line.count {
            let field = line.fields[index]
            guard !field.name.isEmpty, !field.name.has("sentry."), key(field.name) else { continue }
            if field.mayBeSecret { addValue(ofSuspect: field, scrubber) } else { addValue(of: field, scrubber) }
        }
    }

    private mutating func addValue(of field: PlainJSON.Field, _ scrubber: Scrubber) {
        switch field.kind {
        case .text: scrubber.withScrubbed(field.value) { addValue(bounded: $0) }
        case .number(let isInteger): value(number: field.value, isInteger: isInteger)
        case .truth(let truth): value(.boolean(truth))
        case .scalar: addValue(ofSuspect: field, scrubber)
        }
    }

    private mutating func addValue(ofSuspect field: PlainJSON.Field, _ scrubber: Scrubber) {
        switch field.kind {
        case .text: addValue(field.value, named: field.name, scrubber)
        case .truth(let truth): value(.boolean(truth))
        case .number, .scalar:
            addValue(FieldValue.scalar(field.value) ?? .integer(0), named: field.name, scrubber)
        }
    }
}
