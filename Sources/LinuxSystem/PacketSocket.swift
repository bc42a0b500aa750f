// One end of a SOCK_SEQPACKET pair: whole messages, never blocking.

import CLinux
import Glibc

/// A connected packet socket. Sending and receiving never wait.
///
/// Source: unix(7), recv(2), send(2).
package struct PacketSocket: Sendable {
    package let descriptor: FileDescriptor

    package init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    /// What one attempt to receive gave.
    package enum Received: Sendable, Equatable {
        case packet([UInt8])
        /// Nothing there now.
        case empty
        /// The other end is closed.
        case closed
    }

    package enum Sent: Sendable, Equatable {
        case sent
        /// The other end doesn't read: the socket's buffer is full.
        case full
        case closed
    }

    /// A new pair, both close-on-exec.
    package static func pair() throws(SystemError) -> (PacketSocket, PacketSocket) {
        var ends: [Int32] = [-1, -1]
        try checked(clinux_packet_pair(&ends), "socketpair")
        return (PacketSocket(FileDescriptor(ends[0])), PacketSocket(FileDescriptor(ends[1])))
    }

    /// - Parameter maximum: the largest packet expected; a longer one is cut.
    package func receive(maximum: Int) throws(SystemError) -> Received {
        var bytes = [UInt8](repeating: 0, count: maximum)
        while true {
            let count = recv(descriptor.raw, &bytes, maximum, Int32(MSG_DONTWAIT))
            if count > 0 { return .packet(Array(bytes[..<count])) }
            if count == 0 || errno == ECONNRESET { return .closed }
            if errno == EAGAIN { return .empty }
            if errno != EINTR { throw SystemError("recv", on: "the link", code: errno) }
        }
    }

    package func send(_ packet: [UInt8]) throws(SystemError) -> Sent {
        while true {
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            if Glibc.send(descriptor.raw, packet, packet.count, flags) >= 0 { return .sent }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS: return .full
            case EPIPE, ECONNRESET, ENOTCONN: return .closed
            default: throw SystemError("send", on: "the link", code: errno)
            }
        }
    }
}
