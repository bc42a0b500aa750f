// A plain thread, for loops that block.

import CLinux
import Glibc

/// Starts a detached thread. It inherits the signal mask; block signals first.
///
/// - Parameter stackBytes: at least 16 KiB.
///
/// Source: pthread_create(3).
package func startThread(stackBytes: Int, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let start = Unmanaged.passRetained(ThreadStart(body))
    var thread = pthread_t()
    let code = pthread_create(&thread, &attributes, runThread, start.toOpaque())
    guard code == 0 else {
        start.release()
        throw SystemError("pthread_create", code: code)
    }
}

private final class ThreadStart {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue().body()
    return nil
}

/// Lets threads share one heap. Each would reserve 64 MiB of address space for its own, which a caller's RLIMIT_AS may not
/// allow.
package func shareOneHeap() { clinux_use_one_heap() }

/// Gives what was freed back to the system, after something that took much memory for once. Source: malloc_trim(3).
package func giveMemoryBack() { clinux_give_memory_back() }
