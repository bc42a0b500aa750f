// Random bytes from the kernel.

import CLinux

/// `count` bytes from getrandom(2).
///
/// - Throws: only where the kernel has no getrandom.
package func randomBytes(_ count: Int) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try checked(clinux_random(&bytes, count), "getrandom")
    return bytes
}
