// The one thing delivery needs from a network: post bytes, get an answer or a reason why there was none.

/// A POST.
package struct TransportRequest: Sendable, Equatable {
    package var url: String
    /// Ordered; names as they go on the wire.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    package var timeouts: TransportTimeouts

    package init(
        url: String, headers: [(name: String, value: String)], body: [UInt8],
        timeouts: TransportTimeouts = TransportTimeouts()
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.url == right.url && left.body == right.body && left.timeouts == right.timeouts
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// Any HTTP answer, whatever its status.
package struct TransportResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    /// At most ``bodyLimit`` bytes: it is only ever shown.
    package var body: [UInt8]
    /// `1.1`, `2`; empty when unknown.
    package var httpVersion: String
    /// Of the whole exchange, nanoseconds.
    package var duration: Int64

    package static let bodyLimit = 4096

    package init(
        status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [], httpVersion: String = "",
        duration: Int64 = 0
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.httpVersion = httpVersion
        self.duration = duration
    }
}

/// There was no HTTP answer: name service, connection, TLS, timeout. Trying again later makes sense.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A sentence for people.
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Posts one request at a time. Not shared between threads.
package protocol Transport: AnyObject {
    /// - Throws: only when there was no HTTP answer at all.
    func send(_ request: TransportRequest) throws(TransportError) -> TransportResponse
}

/// How long a request may take, in milliseconds.
package struct TransportTimeouts: Sendable, Equatable {
    package var connect: Int
    package var total: Int

    package init(connect: Int = 5000, total: Int = 30000) {
        self.connect = connect
        self.total = total
    }
}
