// A monitor's name as the server stores it (protocol reference 4.3).

package enum MonitorSlug {
    /// The most characters of a slug.
    package static let maxLength = 50

    /// What the server makes of a slug: lower-case ASCII letters, digits, `_` and `-`. `nil` when nothing is left.
    ///
    /// Accents are taken off Latin letters; letters of other scripts are removed, as the server does.
    package static func normalise(_ text: String) -> String? {
        var bytes: [UInt8] = []
        // Relay cuts before anything else is done.
        for scalar in text.unicodeScalars.prefix(maxLength) {
            guard let byte = ascii(scalar) else { continue }
            switch byte {
            case 0x41...0x5A: bytes.append(byte | 0x20)
            case 0x20, 0x09...0x0D, 0x2D: if bytes.last != 0x2D { bytes.append(0x2D) }
            case _ where isAlphanumeric(byte) || byte == 0x5F: bytes.append(byte)
            default: break
            }
        }
        let isEdge = { (byte: UInt8) in byte == 0x2D || byte == 0x5F }
        while let last = bytes.last, isEdge(last) { bytes.removeLast() }
        let slug = String(decoding: bytes.drop(while: isEdge), as: UTF8.self)
        return slug.isEmpty ? nil : slug
    }

    /// The ASCII character that remains of a scalar after compatibility decomposition.
    private static func ascii(_ scalar: Unicode.Scalar) -> UInt8? {
        switch scalar.value {
        case 0..<0x80: UInt8(scalar.value)
        case 0xA0, 0x2000...0x200A, 0x3000: 0x20
        case 0xC0...0x17F: baseLetters[Int(scalar.value) - 0xC0]
        case 0xFF01...0xFF5E: UInt8(scalar.value - 0xFF01 + 0x21)
        default: nil
        }
    }

    /// U+00C0 to U+017F without their accents; a blank stands for letters that have no decomposition.
    private static let baseLetters: [UInt8?] = Array(
        ("AAAAAA CEEEEIIII NOOOOO  UUUUY  aaaaaa ceeeeiiii nooooo  uuuuy y"
            + "AaAaAaCcCcCcCcDd  EeEeEeEeEeGgGgGgGgHh  IiIiIiIiI   JjKk LlLlLlLl  NnNnNnn  OoOoOo  RrRrRr"
            + "SsSsSsSsTtTt  UuUuUuUuUuUuWwYyYZzZzZzs").utf8
    ).map { $0 == 0x20 ? nil : $0 }
}
