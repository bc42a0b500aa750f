// One end of a SOCK_SEQPACKET pair: whole messages, never waiting.

import CLinux
import Glibc

/// A connected packet socket. It does not close itself.
package struct PacketSocket: Sendable {
    package let descriptor: FileDescriptor

    package init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    /// Two connected ends, close-on-exec. Source: socketpair(2).
    package static func pair() throws(SystemError) -> (PacketSocket, PacketSocket) {
        var ends: [Int32] = [-1, -1]
        try checked(clinux_packet_pair(&ends), "socketpair")
        return (PacketSocket(FileDescriptor(ends[0])), PacketSocket(FileDescriptor(ends[1])))
    }

    package enum SendOutcome: Sendable, Equatable {
        case sent
        /// The other end does not read; nothing was sent.
        case full
        /// The other end is closed.
        case gone
    }

    /// Sends one packet or nothing, with copies of at most 60 descriptors beside it.
    ///
    /// Source: sendmsg(2) with MSG_DONTWAIT | MSG_NOSIGNAL, unix(7) for SCM_RIGHTS.
    package func send(_ packet: [UInt8], with descriptors: [FileDescriptor] = []) throws(SystemError) -> SendOutcome {
        let numbers = descriptors.map(\.raw)
        while true {
            let result =
                numbers.isEmpty
                ? clinux_send_packet(descriptor.raw, packet, packet.count)
                : clinux_send_packet_with(descriptor.raw, packet, packet.count, numbers, Int32(numbers.count))
            switch Int32(clamping: -result) {
            case ...0: return .sent
            case EINTR: continue
            case EAGAIN, ENOBUFS: return .full
            case EPIPE, ECONNRESET, ENOTCONN: return .gone
            case let code: throw SystemError("send", on: "link", code: code)
            }
        }
    }

    package enum ReceiveOutcome: Sendable, Equatable {
        /// `descriptors` are the receiver's own now: close-on-exec, and to be closed.
        case packet([UInt8], descriptors: [FileDescriptor] = [])
        case nothing
        /// The other end is closed and everything it sent was received.
        case end
    }

    /// Takes one packet of at most `capacity` bytes; a longer one is cut. Source: recvmsg(2) with MSG_DONTWAIT.
    package func receive(capacity: Int) throws(SystemError) -> ReceiveOutcome {
        var buffer = [UInt8](repeating: 0, count: capacity)
        var numbers = [Int32](repeating: -1, count: Int(clinux_most_passed))
        var passed: Int32 = 0
        while true {
            let result = clinux_receive_packet_with(descriptor.raw, &buffer, capacity, &numbers, &passed)
            switch Int32(clamping: -result) {
            case 0: return .end
            case ..<0:
                return .packet(
                    Array(buffer[..<result]), descriptors: numbers.prefix(Int(passed)).map { FileDescriptor($0) })
            // ECONNRESET: the other end closed without having read everything. It is told once, before the packets that
            // were sent earlier; after those comes the end.
            case EINTR, ECONNRESET: continue
            case EAGAIN: return .nothing
            case let code: throw SystemError("recv", on: "link", code: code)
            }
        }
    }
}
