// Which part of a thread's memory is its stack.

import LinuxSystem

/// How much of a stack is taken, in bytes.
struct StackLimits: Equatable {
    /// From the stack pointer on.
    var head: UInt64
    /// Of the stack's outermost end, where the head does not reach it: a deep recursion keeps how it began.
    var tail: UInt64

    static let crashed = StackLimits(head: 1 << 20, tail: 64 << 10)
    static let other = StackLimits(head: 64 << 10, tail: 0)
}

extension MemoryMap {
    /// How far below a mapping a stack pointer may be and still have run out of that mapping: a frame's size.
    private static let overflowReach: UInt64 = 8 << 20
    /// Below the stack pointer: the red zone, and what the last call has left there.
    private static let below: UInt64 = 256

    /// The ranges of memory to take for a thread, innermost first; none where its stack pointer is wild.
    func stackRanges(at stackPointer: UInt64, limits: StackLimits) -> [Range<UInt64>] {
        guard let region = stackRegion(at: stackPointer) else { return [] }
        let low = max(region.start, stackPointer >= Self.below ? stackPointer - Self.below : 0)
        let length = region.end - low
        if length <= limits.head + limits.tail { return [low..<region.end] }
        let head = low..<low + limits.head
        return limits.tail == 0 ? [head] : [head, (region.end - limits.tail)..<region.end]
    }

    /// The mapping that holds the stack pointer, or which it has run out of.
    func stackRegion(at stackPointer: UInt64) -> MemoryRegion? {
        guard let first = index(atOrAbove: stackPointer) else { return nil }
        // The guard of a thread's stack is a mapping too, one that cannot be read.
        for region in regions[first...].prefix(2) where region.isReadable {
            if region.contains(stackPointer) { return region }
            return region.isWritable && region.start - stackPointer <= Self.overflowReach ? region : nil
        }
        return nil
    }
}

/// Stacks that were left for another one when a signal handler was entered.
enum AlternateStack {
    /// Where the interrupted code's stack pointers were, innermost first.
    ///
    /// A frame that the kernel made on an alternate stack names this stack's bounds, and lies within them: nothing else
    /// looks like it.
    /// - Parameters:
    ///   - stack: a copy of the stack from `address` on.
    static func interruptedStackPointers(in stack: UnsafeRawBufferPointer, at address: UInt64) -> [UInt64] {
        let layout = RegisterLayout.SignalFrame.self
        guard stack.count > layout.size else { return [] }
        var found: [UInt64] = []
        func word(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: stack.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        for offset in stride(from: Int((8 - address % 8) % 8), through: stack.count - layout.size, by: 8) {
            let base = word(offset + layout.alternateStackOffset)
            let size = word(offset + layout.alternateStackOffset + 16)
            let here = address &+ UInt64(offset)
            guard word(offset + layout.linkOffset) == 0, base != 0, size >= 1024, size <= 1 << 30, base <= here,
                here - base < size
            else { continue }
            found.append(word(offset + layout.stackPointerOffset))
        }
        return found
    }
}
