// The POST that carries an envelope (protocol reference 1.2).

import SentryProtocol

package enum EnvelopeRequest {
    /// `name/version` of this program on the wire.
    package static let client = "\(SDKInfo.current.name)/\(SDKInfo.current.version)"

    /// - Parameter envelope: complete bytes, `sent_at` included.
    package static func make(_ envelope: [UInt8], to dsn: DSN) -> TransportRequest {
        var headers = [
            ("X-Sentry-Auth", dsn.authHeader(client: client)),
            ("User-Agent", client),
            ("Content-Type", "application/x-sentry-envelope"),
        ]
        let body: [UInt8]
        if let compressed = gzipped(envelope) {
            headers.append(("Content-Encoding", "gzip"))
            body = compressed
        } else {
            body = envelope
        }
        return TransportRequest(url: dsn.envelopeURL, headers: headers, body: body)
    }

    /// For Spotlight: no authentication, no compression; a developer's tool on the same machine.
    package static func makeForSpotlight(_ envelope: [UInt8], to url: String) -> TransportRequest {
        let headers = [("User-Agent", client), ("Content-Type", "application/x-sentry-envelope")]
        return TransportRequest(
            url: url, headers: headers, body: envelope, timeouts: TransportTimeouts(connect: 1000, total: 3000))
    }
}
