// Looking for ASCII in what programs print, byte by byte: no Unicode tables.

extension StringProtocol {
    /// Where `part` begins first.
    func firstIndex(of part: String) -> Index? {
        let part = Array(part.utf8)
        let bytes = Array(utf8)
        guard !part.isEmpty, bytes.count >= part.count else { return nil }
        let offset = (0...bytes.count - part.count).first { start in
            bytes[start] == part[0] && bytes[start..<start + part.count].elementsEqual(part)
        }
        return offset.map { utf8.index(startIndex, offsetBy: $0) }
    }

    func has(_ part: String) -> Bool { firstIndex(of: part) != nil }

    /// What follows the first `part`; `nil` where it is not there.
    func after(_ part: String) -> SubSequence? {
        firstIndex(of: part).map { self[utf8.index($0, offsetBy: part.utf8.count)...] }
    }

    /// What precedes the first `part`; `nil` where it is not there.
    func before(_ part: String) -> SubSequence? { firstIndex(of: part).map { self[..<$0] } }

    /// What stands between the first `open` and the next `close`.
    func between(_ open: String, _ close: String) -> SubSequence? { after(open)?.before(close) }

    /// Without blanks and tabs at both ends.
    var withoutBlanks: String {
        var bytes = Array(utf8)[...]
        while let last = bytes.last, last == 0x20 || last == 0x09 || last == 0x0D { bytes.removeLast() }
        return String(decoding: bytes.drop { $0 == 0x20 || $0 == 0x09 }, as: UTF8.self)
    }

    /// The last component of a path.
    var baseName: SubSequence {
        var start = startIndex
        for index in utf8.indices where utf8[index] == UInt8(ascii: "/") { start = utf8.index(after: index) }
        return self[start...]
    }
}
