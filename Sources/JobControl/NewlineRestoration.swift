// A pty turns each newline of its job into carriage return and newline. Where what we write goes to a terminal that does
// so again, its work is taken back first.

import LinuxSystem

/// Removes the carriage return before each newline, in place, and returns the part of the buffer that is left.
///
/// A carriage return that ends the buffer stays: its newline, if one follows, gets one too many, which no terminal shows.
package func restoringNewlines(in buffer: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer {
    let newline = UInt8(ascii: "\n")
    let carriageReturn = UInt8(ascii: "\r")
    var kept = 0
    for index in buffer.indices {
        if buffer[index] == carriageReturn, index + 1 < buffer.count, buffer[index + 1] == newline { continue }
        buffer[kept] = buffer[index]
        kept += 1
    }
    return UnsafeMutableRawBufferPointer(rebasing: buffer[..<kept])
}

/// Whether `outlet` returns the carriage just as the pty did: it does while it is not in raw mode.
package func bothReturnCarriage(pty primary: FileDescriptor, outlet: FileDescriptor) -> Bool {
    do throws(SystemError) {
        guard try outlet.terminalAttributes().returnsCarriage else { return false }
        return try primary.terminalAttributes().returnsCarriage
    } catch { return false }
}
