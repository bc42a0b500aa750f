// The stack of a thread that waits, read while it waits.

import LinuxSystem

/// What was read, shared by all samples that have it.
final class BlockedStack {
    let stackPointer: UInt64
    let programCounter: UInt64
    let bytes: [UInt8]
    private let store: BlockedStackStore

    fileprivate init(_ stackPointer: UInt64, _ programCounter: UInt64, _ bytes: [UInt8], _ store: BlockedStackStore) {
        self.stackPointer = stackPointer
        self.programCounter = programCounter
        self.bytes = bytes
        self.store = store
        store.size += bytes.count
    }

    deinit { store.size -= bytes.count }
}

/// How much memory the stacks of all waiting threads take.
final class BlockedStackStore {
    fileprivate(set) var size = 0
    private let most: Int

    init(most: Int = 6 << 20) { self.most = most }

    /// Bytes of the next stack: with thousands of threads only the innermost frames of each.
    var allowance: Int { size < most / 2 ? 32 << 10 : size < most ? 4 << 10 : 512 }
}

/// Reads stacks of one process. Owned by one thread.
struct BlockedStackReader {
    let process: Int32
    let store: BlockedStackStore
    /// For those that are not read often enough to be kept.
    let files: FileAllowance

    enum Outcome {
        case running
        /// Closed to us, or gone.
        case unreadable
        case stack(BlockedStack)
    }

    /// The thread is not stopped: the caller has to make sure that it has not run meanwhile.
    func read(_ thread: Int32) -> Outcome {
        let file = KeptFile("/proc/\(process)/task/\(thread)/syscall", files)
        guard let place = file.place() else { return .unreadable }
        guard case .waiting(let stackPointer, let programCounter) = place else { return .running }
        let start = stackPointer & ~7
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: store.allowance) { buffer, count in
            do throws(SystemError) {
                count = try readMemory(of: thread, at: start, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                count = 0
                failed = true
            }
        }
        if failed { return .unreadable }
        // Without what was reserved and not needed.
        return .stack(BlockedStack(stackPointer, programCounter, bytes.withUnsafeBytes { Array($0) }, store))
    }
}
