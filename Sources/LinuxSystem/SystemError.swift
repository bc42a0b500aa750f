// The one error of the syscall wall, and the two places that know how the C side reports failure.

import Glibc

/// A system call that failed: which call, on what, and why.
///
/// Source: errno(3).
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The call as a man page names it, e.g. `openat`.
    package let call: String
    /// What it was attempted on (a path, a descriptor's role), or empty.
    package let subject: String
    /// The errno value.
    package let code: Int32

    package init(_ call: String, on subject: String = "", code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    package var description: String {
        let reason = String(cString: strerror(code))
        return subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)"
    }
}

/// Returns `result`, or throws when a `CLinux` function answered `-errno`.
///
/// - Parameter subject: only asked for where there is an error to tell of.
@discardableResult
package func checked(
    _ result: Int32, _ call: String, on subject: @autoclosure () -> String = ""
) throws(SystemError) -> Int32 {
    guard result >= 0 else { throw SystemError(call, on: subject(), code: -result) }
    return result
}

/// Runs a C library call that answers -1 and sets errno; repeats it when a signal interrupted it.
@discardableResult
package func checkedErrno<Value: SignedInteger>(
    _ call: String, on subject: @autoclosure () -> String = "", _ body: () -> Value
) throws(SystemError) -> Value {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(call, on: subject(), code: code) }
    }
}
