// The W3C baggage list, in which Sentry's own members start with `sentry-` (protocol reference 7.5).

/// A baggage header or `SENTRY_BAGGAGE`, taken apart.
package struct Baggage: Sendable {
    /// The dynamic sampling context: keys without `sentry-`, values decoded, in the order of the text.
    package var sentry: [(key: String, value: String)]
    /// Other vendors' members, each exactly as it was written.
    package var foreign: [String]

    /// W3C Baggage, section 3.3.2.
    package static let maxMembers = 64
    package static let maxBytes = 8192

    private static let prefix = "sentry-"

    package init(sentry: [(key: String, value: String)] = [], foreign: [String] = []) {
        self.sentry = sentry
        self.foreign = foreign
    }

    /// Reads what can be read: malformed members are left out, a repeated Sentry key keeps its first value.
    package init(_ text: String) {
        self.init()
        for part in text.split(separator: ",").prefix(Self.maxMembers * 2) {
            let member = trimmed(part)
            guard let equals = member.firstIndex(of: "="), equals != member.startIndex else { continue }
            let key = trimmed(member[..<equals])
            guard key.hasPrefix(Self.prefix) else {
                foreign.append(member)
                continue
            }
            let name = String(key.dropFirst(Self.prefix.count))
            let value = member[member.index(after: equals)...].prefix { $0 != ";" }
            guard !name.isEmpty, self[name] == nil else { continue }
            sentry.append((key: name, value: percentDecode(trimmed(value))))
        }
    }

    /// A Sentry member by its key without `sentry-`.
    package subscript(key: String) -> String? { sentry.first { $0.key == key }?.value }

    /// The list as text: foreign members first, as far as W3C's limits leave room beside Sentry's.
    package var text: String {
        var own: [UInt8] = []
        for (key, value) in sentry {
            if !own.isEmpty { own.append(UInt8(ascii: ",")) }
            own.append(contentsOf: Self.prefix.utf8)
            own.append(contentsOf: key.utf8)
            own.append(UInt8(ascii: "="))
            appendPercentEncoded(value, to: &own)
        }
        var bytes: [UInt8] = []
        var count = sentry.count
        for member in foreign where count < Self.maxMembers {
            guard bytes.count + member.utf8.count + 1 + own.count <= Self.maxBytes + (own.isEmpty ? 1 : 0)
            else { continue }
            bytes.append(contentsOf: member.utf8)
            bytes.append(UInt8(ascii: ","))
            count += 1
        }
        bytes.append(contentsOf: own)
        if own.isEmpty, !bytes.isEmpty { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
package func percentEncode(_ text: String) -> String {
    var bytes: [UInt8] = []
    appendPercentEncoded(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}

private func appendPercentEncoded(_ text: String, to bytes: inout [UInt8]) {
    func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 - 10 + value }
    for byte in text.utf8 {
        if isAlphanumeric(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E {
            bytes.append(byte)
        } else {
            bytes.append(0x25)
            bytes.append(digit(byte >> 4))
            bytes.append(digit(byte & 15))
        }
    }
}

/// Undoes ``percentEncode(_:)``; a `%` without two hex digits stays, invalid UTF-8 becomes U+FFFD.
package func percentDecode(_ text: String) -> String {
    let source = Array(text.utf8)
    var bytes: [UInt8] = []
    var index = 0
    while index < source.count {
        if source[index] == 0x25, index + 2 < source.count,
            let byte = hexDecode(String(decoding: source[index + 1...index + 2], as: UTF8.self))?.first
        {
            bytes.append(byte)
            index += 3
        } else {
            bytes.append(source[index])
            index += 1
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
