// What exit codes mean by convention. A convention is no evidence: the words say so.

enum ExitCode {
    /// A clause that explains the code, `nil` where there is no common meaning.
    static func convention(_ code: Int32) -> String? {
        switch code {
        case 124: "what timeout(1) returns for a command that took too long"
        case 126: "what shells return for a command that was found but could not be executed"
        case 127: "what shells return for a command that was not found"
        case 129...192 where SignalName.meaning(code - 128) != nil || code >= 128 + 34:
            "the shell's way to say that a command died of \(SignalName.of(code - 128))"
        default: sysexits[code].map { "\($0.name) of sysexits.h: \($0.meaning)" }
        }
    }

    /// The signal that a shell reports with this code.
    static func shellSignal(_ code: Int32) -> Int32? {
        SignalName.meaning(code - 128) == nil ? nil : code - 128
    }

    /// Source: sysexits.h(3head).
    private static let sysexits: [Int32: (name: String, meaning: String)] = [
        64: ("EX_USAGE", "wrong usage"), 65: ("EX_DATAERR", "wrong input data"),
        66: ("EX_NOINPUT", "an input that cannot be read"), 67: ("EX_NOUSER", "an unknown user"),
        68: ("EX_NOHOST", "an unknown host"), 69: ("EX_UNAVAILABLE", "an unavailable service"),
        70: ("EX_SOFTWARE", "an internal error"), 71: ("EX_OSERR", "an error of the operating system"),
        72: ("EX_OSFILE", "a system file that is missing or malformed"),
        73: ("EX_CANTCREAT", "an output that cannot be created"), 74: ("EX_IOERR", "an input or output error"),
        75: ("EX_TEMPFAIL", "a temporary failure"), 76: ("EX_PROTOCOL", "an error of the other side's protocol"),
        77: ("EX_NOPERM", "a missing permission"), 78: ("EX_CONFIG", "a wrong configuration"),
    ]
}
