// Stands in for RunLifecycle's trace context: random ids, handed to the job.

import JobControl
import LinuxSystem

struct TemporaryTrace {
    let identity: LinkIdentity
    let jobEnvironment: [(name: String, value: String)]

    init() throws(SystemError) {
        let random = try randomBytes(44)
        identity = LinkIdentity(
            seed: Array(random[..<16]), traceID: Array(random[16..<32]), spanID: Array(random[32..<40]),
            sampleRandMillionths: random[40...].reduce(0) { $0 << 8 | UInt32($1) } % 1_000_000)
        func hex(_ bytes: [UInt8]) -> String {
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        jobEnvironment = [("SENTRY_TRACE", "\(hex(identity.traceID))-\(hex(identity.spanID))")]
    }
}
