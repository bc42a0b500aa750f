// The numbers and letters that programs write for levels.

import SentryProtocol

extension LogLevel {
    /// From the eight severities of RFC 5424.
    init(syslogSeverity severity: Int) {
        switch severity & 7 {
        case 0...2: self = .fatal
        case 3: self = .error
        case 4: self = .warn
        case 7: self = .debug
        default: self = .info
        }
    }

    /// From pino's and bunyan's numbers (10, 20 … 60), else RFC 5424's (GELF, journald).
    init?(number: Int) {
        switch number {
        case 0...7: self.init(syslogSeverity: number)
        case 10..<20: self = .trace
        case 20..<30: self = .debug
        case 30..<40: self = .info
        case 40..<50: self = .warn
        case 50..<60: self = .error
        case 60...100: self = .fatal
        default: return nil
        }
    }

    /// From a single letter as glog, logcat and Ruby's Logger write it.
    init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "V"), UInt8(ascii: "T"): self = .trace
        case UInt8(ascii: "D"): self = .debug
        case UInt8(ascii: "I"), UInt8(ascii: "N"): self = .info
        case UInt8(ascii: "W"): self = .warn
        case UInt8(ascii: "E"): self = .error
        case UInt8(ascii: "F"), UInt8(ascii: "C"): self = .fatal
        default: return nil
        }
    }
}
