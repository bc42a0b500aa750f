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

    /// From pino's and bunyan's numbers (10, 20 … 60), Monolog's (100 … 600), else RFC 5424's (GELF, journald).
    init?(number: Int64) {
        switch number {
        case 0...7: self.init(syslogSeverity: Int(number))
        case 10..<20: self = .trace
        case 20..<30, 100..<200: self = .debug
        case 30..<40, 200..<300: self = .info
        case 40..<50, 300..<400: self = .warn
        case 50..<60, 400..<500: self = .error
        case 60..<100, 500...600: self = .fatal
        default: return nil
        }
    }

    /// From Python's numbers, whose 30 is a warning.
    init?(python number: Int64) {
        switch number {
        case 1..<10: self = .trace
        case 10..<20: self = .debug
        case 20..<30: self = .info
        case 30..<40: self = .warn
        case 40..<50: self = .error
        case 50...100: self = .fatal
        default: return nil
        }
    }

    /// From OpenTelemetry's severity numbers: four for each of the six levels.
    init?(openTelemetry number: Int64) {
        guard (1...24).contains(number) else { return nil }
        self.init(rawValue: UInt8((number - 1) / 4 * 4 + 1))
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

    /// From the status of a request that was answered: a server's failure is an error, a client's a warning.
    init(httpStatus status: Int) { self = status >= 500 ? .error : status >= 400 ? .warn : .info }
}
