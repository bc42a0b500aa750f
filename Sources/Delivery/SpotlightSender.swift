// Copies for Spotlight, the local viewer (protocol reference 12.7): one try, never in the way of anything.

/// Sends what lies in the spotlight compartment: a line with the URL, then the envelope.
package final class SpotlightSender {
    private let transport: any Transport
    private var circuits: [String: Backoff] = [:]

    package init(transport: any Transport) { self.transport = transport }

    /// - Parameter now: monotonic nanoseconds.
    package func send(_ stored: [UInt8], now: Int64) {
        guard let end = stored.firstIndex(of: 0x0A) else { return }
        let url = String(decoding: stored[..<end], as: UTF8.self)
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else { return }
        guard !(circuits[url]?.isOpen(at: now) ?? false) else { return }
        do throws(TransportError) {
            _ = try transport.send(EnvelopeRequest.makeForSpotlight(Array(stored[(end + 1)...]), to: url))
            circuits[url] = nil
        } catch {
            let limits = Backoff.Limits(first: 1_000_000_000, longest: 60_000_000_000)
            circuits[url, default: Backoff(limits)].failed(at: now, jitter: 0.5)
        }
    }
}
