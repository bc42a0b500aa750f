// What stands in a text, many bytes at a time.

import CLinux

/// What ends the strings and words of JSON, for each of ``width`` bytes.
package struct JSONMarks {
    package static let width = Int(clinux_json_width)

    /// Quotes and backslashes.
    package let texts: UInt64
    /// What is neither letter nor digit, nor one of `+-.`; all that is behind the text's end, too.
    package let ends: UInt64

    @inline(__always) package init(_ bytes: UnsafeRawBufferPointer, from start: Int) {
        guard let base = bytes.baseAddress, start < bytes.count else {
            texts = 0
            ends = .max
            return
        }
        let marks = clinux_json_marks_of((base + start).assumingMemoryBound(to: UInt8.self), bytes.count - start)
        texts = marks.texts
        ends = marks.ends
    }
}

/// Whether there is a control character, tabs excepted, or DEL.
package func hasControlCharacters(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    return clinux_has_controls(base.assumingMemoryBound(to: UInt8.self), bytes.count)
}
