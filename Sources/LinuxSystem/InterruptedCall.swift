// System calls that fail because their thread was interrupted for a look.

import Glibc

/// Some system calls end with EINTR when a tracer stops their thread, though there is no signal: epoll_wait(2), and sockets
/// with a timeout. A program does not expect that.
///
/// The kernel has a way to say "again, unless a handler is to be called", and looks for it when the thread goes on: written
/// in the place of the error, it makes the interruption invisible, and leaves a signal that arrives meanwhile what it is. A
/// timeout that was given as a duration begins anew, which is little for a thread that ran at the moment of the interruption.
///
/// Source: signal(7), "Interruption of system calls and library functions by stop signals"; arch/x86/kernel/signal.c.
package enum InterruptedCall {
    /// Changes the registers of a stopped thread so that its interrupted call is done again.
    ///
    /// - Parameter registers: NT_PRSTATUS.
    /// - Returns: whether there was something to change.
    package static func restart(_ registers: UnsafeMutableRawBufferPointer) -> Bool {
        guard registers.count >= RegisterLayout.size, let offset = RegisterLayout.originalSystemCallOffset else {
            return false
        }
        let call = registers.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let result = registers.loadUnaligned(fromByteOffset: RegisterLayout.systemCallResultOffset, as: Int64.self)
        guard result == -Int64(EINTR), RegisterLayout.callsWithoutRestart.contains(call) else { return false }
        registers.storeBytes(
            of: restartWithoutHandler, toByteOffset: RegisterLayout.systemCallResultOffset, as: Int64.self)
        return true
    }

    /// -ERESTARTNOHAND. Source: linux/errno.h.
    private static let restartWithoutHandler: Int64 = -514
}

#if arch(x86_64)
    extension RegisterLayout {
        /// Calls that wait, and end with EINTR although no handler is to be called, before they have done anything: io_getevents,
        /// io_pgetevents, io_uring_enter; epoll_wait, epoll_pwait, epoll_pwait2; semop, semtimedop; rt_sigtimedwait; and of
        /// sockets with a timeout read, write, readv, writev, connect, accept, accept4, sendto, sendmsg, sendmmsg, recvfrom,
        /// recvmsg, recvmmsg. Source: asm/unistd_64.h.
        static let callsWithoutRestart: Set<UInt64> = [
            208, 333, 426, 232, 281, 441, 65, 220, 128, 0, 1, 19, 20, 42, 43, 288, 44, 46, 307, 45, 47, 299,
        ]
    }
#elseif arch(arm64)
    extension RegisterLayout {
        /// The kernel decides before the thread stops, and NT_PRSTATUS does not have the call's number there.
        static let callsWithoutRestart: Set<UInt64> = []
    }
#endif
