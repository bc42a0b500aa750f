// Taking texts of /proc, /sys and /etc apart, by bytes: looking for the ends of characters costs ten times as much, and the
// library's search for one text in another is code that every report would map for that alone.

import LinuxSystem

extension Substring {
    /// What lies between one ASCII character, or what is not empty of it.
    ///
    /// - Parameter most: further ones stay part of the last.
    func parts(at separator: Unicode.Scalar, most: Int = .max, keepingEmpty: Bool = false) -> [Substring] {
        var parts: [Substring] = []
        var start = startIndex
        func take(to end: Index) {
            if keepingEmpty || start < end { parts.append(self[start..<end]) }
        }
        var index = startIndex
        while index < endIndex, parts.count + 1 < most {
            let next = utf8.index(after: index)
            if utf8[index] == UInt8(truncatingIfNeeded: separator.value) {
                take(to: index)
                start = next
            }
            index = next
        }
        take(to: endIndex)
        return parts
    }
}

extension StringProtocol {
    /// Whether an ASCII text is in it.
    func has(_ text: StaticString) -> Bool { after(text) != nil }

    /// What follows the last occurrence of an ASCII text; `nil` where there is none.
    func after(_ text: StaticString) -> String? {
        var copy = String(self)
        return copy.withUTF8 { bytes in
            let all = UnsafeRawBufferPointer(bytes)
            var end: Int?
            while let hit = firstOffset(of: text, in: UnsafeRawBufferPointer(rebasing: all[(end ?? 0)...])) {
                end = (end ?? 0) + hit + text.utf8CodeUnitCount
            }
            return end.map { String(decoding: all[$0...], as: UTF8.self) }
        }
    }
}
