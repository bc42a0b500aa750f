// memchr(3) and its sibling: an order of magnitude faster than a loop over bytes.

import CLinux
import Glibc

/// Offset of the first `byte`, `nil` when there is none. Source: memchr(3).
package func firstOffset(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base, Int32(byte), bytes.count) else { return nil }
    return UnsafeRawPointer(found) - base
}

/// Offset of the last `byte`, `nil` when there is none. Source: memrchr(3).
package func lastOffset(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = clinux_last_byte(base, byte, bytes.count) else { return nil }
    return found - base
}

/// Offset of the first occurrence of an ASCII text, `nil` when there is none. Source: memmem(3).
package func firstOffset(of text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress,
        let found = clinux_find_bytes(base, bytes.count, text.utf8Start, text.utf8CodeUnitCount)
    else { return nil }
    return found - base
}

/// Which of three bytes occur: a bit for each, the lowest for the first.
@inline(__always) package func whichBytes(
    _ first: UInt8, _ second: UInt8, _ third: UInt8, in bytes: UnsafeRawBufferPointer
) -> UInt8 {
    guard let base = bytes.baseAddress else { return 0 }
    return clinux_which_bytes(base, bytes.count, first, second, third)
}
