// `sentry-run-courier drain --state DIR [--idle-exit SECONDS] [--no-client-reports] [--debug]`: started by the reporter, tied to nothing.

import Delivery
import LinuxSystem
import Spool

/// - Returns: 0 also when another courier is at work; 1 when the spool or the network library cannot be used.
func drain(_ words: [String]) -> Int32 {
    guard let options = DrainOptions(words) else {
        return complain(
            "usage: sentry-run-courier drain --state DIR [--idle-exit SECONDS] [--no-client-reports] [--debug]",
            status: 125)
    }
    do {
        let spool = Spool(try StateDirectory.open(options.state), run: courierTag)
        // Most couriers that are started find another at work: no network library for those.
        if FileLock.isHeld(StateDirectory.courierLock, in: spool.state.root) { return 0 }
        let courier = Courier(
            spool: spool, transport: try CurlTransport(certificates: certificates()),
            clock: SystemClock(watching: spool), patience: options.patience, clientReports: options.clientReports,
            log: options.debug ? { say("sentry-run-courier: \($0)\n", on: .standardError) } : { _ in })
        _ = try courier.run()
        return 0
    } catch {
        return complain(String(describing: error), status: 1)
    }
}

/// The courier writes no envelopes of its own into the spool; this is what its own bookkeeping files would be named by.
let courierTag = "00000000"

func certificates() -> CertificateStore {
    CertificateStore.choose(environment: environmentValue, isHashed: CertificateStore.isHashedDirectory)
}

private struct DrainOptions {
    var state = ""
    var patience = Courier.Patience()
    var debug = false
    var clientReports = true

    init?(_ words: [String]) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--state":
                guard let value = rest.popFirst() else { return nil }
                state = value
            case "--idle-exit":
                guard let seconds = rest.popFirst().flatMap(Double.init), seconds >= 0, seconds < 1e6 else {
                    return nil
                }
                patience.idle = Int64(seconds * 1e9)
            case "--no-client-reports": clientReports = false
            case "--debug": debug = true
            default: return nil
            }
        }
        if state.isEmpty { return nil }
    }
}
