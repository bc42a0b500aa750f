// From the registers of a thread to its frames.

import CUnwind
import LinuxSystem

/// Unwinds the threads of one process, as often as it is asked: what was learned of its images is kept.
///
/// Used by one thread. By unwind information where there is some, else by the frame pointer, else by searching the stack:
/// ``UnwoundFrame/trust`` says which.
package final class Unwinder {
    package let images: UnwindSpace
    /// What the last walk found, innermost first. The storage is used again by the next one.
    package var frames: [UnwoundFrame] { collector.frames }

    /// The same, one by one: nothing is retained for it.
    package var frameCount: Int { collector.frames.count }
    package func frame(_ index: Int) -> UnwoundFrame { collector.frames[index] }
    /// Where the last walk left frames out: before this index; 0 where it did not.
    package var omittedBefore: Int { collector.omittedBefore }

    private let process: UnsafeMutablePointer<cunwind_process>
    private let registers: UnsafeMutablePointer<UInt64>
    private let batch: UnsafeMutableBufferPointer<cunwind_frame>
    private var code: UnsafeMutableBufferPointer<cunwind_range>
    /// The bytes of code that belongs to no file are not at hand, but it is known where such code is.
    private var trustsUnreadCode = false
    private var collector = FrameCollector()

    /// `nil` where memory is short.
    package init?(images: UnwindSpace) {
        guard let process = cunwind_create(), let offset = MemoryLayout<cunwind_process>.offset(of: \.registers) else {
            return nil
        }
        self.images = images
        self.process = process
        registers = (UnsafeMutableRawPointer(process) + offset).assumingMemoryBound(to: UInt64.self)
        batch = .allocate(capacity: 128)
        code = .allocate(capacity: 0)
        takeCode()
        let captured = images.memory.rawRegions
        process.pointee.captured = captured.baseAddress
        process.pointee.captured_count = captured.count
        process.pointee.context = Unmanaged.passUnretained(images).toOpaque()
        process.pointee.load = loadPiece
        process.pointee.table = findTable
    }

    deinit {
        cunwind_destroy(process)
        batch.deallocate()
        code.deallocate()
    }

    /// Unwinds a thread.
    ///
    /// - Parameters:
    ///   - registers: NT_PRSTATUS; of a 32-bit program there is no backtrace.
    ///   - limit: frames to keep; of a deeper stack the innermost and the outermost half.
    ///   - scans: searches the stack where nothing else leads on.
    package func unwind(registers: [UInt8], limit: Int = 512, scans: Bool = true) -> Backtrace {
        guard RegisterLayout.isNative(registers) else {
            return Backtrace(frames: [], isComplete: false, end: "a program of another word size is not unwound")
        }
        let end = registers.withUnsafeBytes { walk(registers: $0, limit: limit, scans: scans) }
        var backtrace = Backtrace(frames: collector.frames, isComplete: end == .threadStart, end: end.clause)
        backtrace.omittedFrames = collector.omitted
        backtrace.omittedBefore = collector.omittedBefore
        return backtrace
    }

    /// As ``unwind(registers:limit:scans:)``, for sampling: the result is in ``frames``, and once the addresses of a program
    /// are known nothing is allocated.
    ///
    /// - Parameters:
    ///   - registers: NT_PRSTATUS, of ``RegisterLayout/size`` bytes.
    ///   - stack: memory that counts before what the ``ImageMap`` has; its address is the process's.
    package func walk(
        registers status: UnsafeRawBufferPointer, stack: (address: UInt64, bytes: UnsafeRawBufferPointer)? = nil,
        limit: Int, scans: Bool
    ) -> WalkEnd {
        collector.begin(limit: limit)
        guard let base = status.baseAddress, status.count >= RegisterLayout.size else { return .unreadable }
        cunwind_set_registers(process, base)
        setStack(stack)
        defer { setStack(nil) }
        append(trust: .context, isExact: true)
        var end = walkOn(isExact: true, scans: scans)
        if end != .threadStart, walkFromHandler() { end = .threadStart }
        collector.finish()
        return end
    }

    /// As the other, of one of the processes whose images an ``ImageLibrary`` holds: ``frames`` are at the library's
    /// addresses, those of code that is in no file at the process's own.
    package func walk(
        registers: UnsafeRawBufferPointer, stack: (address: UInt64, bytes: UnsafeRawBufferPointer), map: CodeMap,
        limit: Int
    ) -> WalkEnd {
        if code.count != images.code.count { takeCode() }
        return map.entries.withUnsafeBufferPointer { entries in
            process.pointee.translations = entries.baseAddress
            process.pointee.translation_count = entries.count
            process.pointee.recent_translation = 0
            trustsUnreadCode = true
            defer {
                process.pointee.translations = nil
                process.pointee.translation_count = 0
                trustsUnreadCode = false
            }
            return walk(registers: registers, stack: stack, limit: limit, scans: false)
        }
    }

    /// To be called before bytes of the ``images`` go away.
    package func forgetLoaded() { cunwind_forget_loaded(process) }

    private func takeCode() {
        code.deallocate()
        code = .allocate(capacity: images.code.count)
        _ = code.initialize(from: images.code)
        process.pointee.code = UnsafePointer(code.baseAddress)
        process.pointee.code_count = code.count
    }

    private func setStack(_ stack: (address: UInt64, bytes: UnsafeRawBufferPointer)?) {
        process.pointee.stack = cunwind_region()
        guard let stack, let base = stack.bytes.baseAddress else { return }
        let (end, overflow) = stack.address.addingReportingOverflow(UInt64(stack.bytes.count))
        guard !overflow else { return }
        process.pointee.stack = cunwind_region(
            start: stack.address, end: end, bytes: base.assumingMemoryBound(to: UInt8.self))
    }

    // MARK: The present frame

    private var pc: UInt64 {
        get { registers[Int(cunwind_pc)] }
        set { registers[Int(cunwind_pc)] = newValue }
    }
    private var sp: UInt64 {
        get { registers[Int(cunwind_sp)] }
        set { registers[Int(cunwind_sp)] = newValue }
    }
    private var fp: UInt64 {
        get { registers[Int(cunwind_fp)] }
        set { registers[Int(cunwind_fp)] = newValue }
    }

    private func append(trust: FrameTrust, isExact: Bool) {
        collector.append(
            UnwoundFrame(instruction: pc, lookup: isExact ? pc : pc &- 1, stackPointer: sp, trust: trust))
    }

    private func word(_ address: UInt64) -> UInt64? {
        var word: UInt64 = 0
        return cunwind_read_captured_word(process, address, &word) ? word : nil
    }

    /// How well an address on the stack fits as the place that the function at `pc` returns to.
    private enum Fit: Comparable {
        /// No call ends there.
        case none
        /// One does, but of a function elsewhere. A function that jumps to another at its end looks like this, too.
        case elsewhere
        /// Of whatever a pointer or a stub leads to.
        case possible
        /// Of a function that begins not far before `pc`.
        case close
    }

    private func fit(_ address: UInt64) -> Fit { fit(address, of: pc) }

    private func fit(_ address: UInt64, of pc: UInt64) -> Fit {
        let longest = UInt64(CodePatterns.longestCall)
        guard address > longest, cunwind_is_code(process, address - 1) else { return .none }
        // The kernel puts it there; nobody calls it.
        if CodePatterns.isSignalReturn(images.bytes(at: address, count: 16)) { return .possible }
        var before = images.bytes(at: address - longest, count: Int(longest))
        if before.count < Int(longest) {
            // The beginning of the code: what is before it need not be readable.
            let start = (address - 1) & ~(pageSize - 1)
            before = images.bytes(at: start, count: Int(min(address - start, longest)))
        }
        if before.isEmpty, trustsUnreadCode { return .possible }
        guard CodePatterns.endsInCall(before) else { return .none }
        guard let target = CodePatterns.callTarget(before, endingAt: address) else { return .possible }
        if target <= pc, pc - target < nearby { return .close }
        return CodePatterns.isStub(images.bytes(at: target, count: 16)) ? .possible : .elsewhere
    }

    private func isReturnAddress(_ address: UInt64) -> Bool { fit(address) != .none }

    // MARK: Walking

    private func walkOn(isExact: Bool, scans: Bool) -> WalkEnd {
        var isExact = isExact
        var scansLeft = scans ? maximumScans : 0
        while collector.count < maximumFrames {
            if !cunwind_is_code(process, isExact ? pc : pc &- 1) {
                // It jumped or returned there, or called through a bad pointer; no instruction of a function has run, so
                // the caller's frame is as every function finds it.
                guard isExact else { return .notCode }
                if stepToWordOnTop() || scan(&scansLeft) {
                    isExact = false
                    continue
                }
                return .notCode
            }
            let end = run(isExact)
            switch end {
            case CUNWIND_ENDED: return .threadStart
            case CUNWIND_FULL: isExact = false
            case CUNWIND_SIGNAL: isExact = true
            default:
                let outcome = goOn(after: end, isExact, &scansLeft)
                guard case .frame(let exact) = outcome else {
                    if case .end(let end) = outcome { return end }
                    return .unreadable
                }
                isExact = exact
            }
        }
        return .tooDeep
    }

    /// Walks on by unwind information as far as that leads.
    private func run(_ isExact: Bool) -> cunwind_end {
        guard let room = batch.baseAddress else { return CUNWIND_FAILED }
        var count = 0
        let end = cunwind_run(process, isExact, room, batch.count, &count)
        for index in 0..<count {
            let frame = room[index]
            let isInterrupted = end == CUNWIND_SIGNAL && index == count - 1
            if isInterrupted { markSignalFrame() }
            collector.append(
                UnwoundFrame(
                    instruction: frame.pc, lookup: isInterrupted ? frame.pc : frame.pc &- 1, stackPointer: frame.sp,
                    trust: .cfi))
        }
        return end
    }

    /// The last frame is where a handler returns to: nobody called it, so its first instruction is its own.
    private func markSignalFrame() {
        collector.changeLast {
            $0.isSignalFrame = true
            $0.lookup = $0.instruction
        }
    }

    private enum Outcome {
        case frame(isExact: Bool)
        case end(WalkEnd)
    }

    /// Where unwind information does not lead on.
    private func goOn(after end: cunwind_end, _ isExact: Bool, _ scansLeft: inout Int) -> Outcome {
        guard let last = collector.last else { return .end(.unreadable) }
        if isEntry(last.instruction) { return .end(.threadStart) }
        let isStillExact = isExact && last.lookup == last.instruction
        if end == CUNWIND_NO_INFORMATION {
            if stepOverSignal() { return .frame(isExact: true) }
            if isStillExact, stepFromEdge() { return .frame(isExact: false) }
            if last.trust == .framePointer, fp == 0 { return .end(.threadStart) }
            if last.trust != .scan, stepByFramePointer() { return .frame(isExact: false) }
            if isStillExact, stepFromLeaf() { return .frame(isExact: false) }
        }
        if end == CUNWIND_LOOP { return .end(.loop) }
        if last.trust == .scan || sp < last.stackPointer { sp = last.stackPointer }
        if scan(&scansLeft) { return .frame(isExact: false) }
        switch end {
        case CUNWIND_WILD: return .end(.notCode)
        case CUNWIND_NO_INFORMATION: return .end(.noInformation)
        default: return .end(.unreadable)
        }
    }

    private func isEntry(_ address: UInt64) -> Bool {
        images.entryPoints.contains { address >= $0 && address - $0 < 64 }
    }

    // MARK: Other ways to the caller

    /// By the rule of a function's first instruction.
    private func stepToWordOnTop() -> Bool {
        if CodePatterns.returnAddressIsOnStack { return stepToWord(at: 0) }
        let link = registers[Int(max(cunwind_link, 0))]
        guard isReturnAddress(link), link != pc else { return false }
        pc = link
        append(trust: .cfi, isExact: false)
        return true
    }

    private func stepToWord(at offset: UInt64) -> Bool {
        guard let address = word(sp &+ offset), isReturnAddress(address) else { return false }
        if offset >= 8, let saved = word(sp) { fp = saved }
        pc = address
        sp = sp &+ offset &+ 8
        // What the unwind information of every function says of this place.
        append(trust: .cfi, isExact: false)
        return true
    }

    /// The function has no unwind information, but stands where the code itself tells where the return address is.
    private func stepFromEdge() -> Bool {
        guard let offset = CodePatterns.returnAddressOffset(images.bytes(at: pc, count: 16)) else { return false }
        return stepToWord(at: offset)
    }

    /// The function has no frame of its own, so that the frame pointer is its caller's: its return address is on top.
    private func stepFromLeaf() -> Bool {
        guard CodePatterns.returnAddressIsOnStack, let address = word(sp), fit(address) == .close else { return false }
        return stepToWord(at: 0)
    }

    private func stepOverSignal() -> Bool {
        guard CodePatterns.isSignalReturn(images.bytes(at: pc, count: 16)),
            let saved = CodePatterns.interruptedRegisters(stackPointer: sp, word)
        else { return false }
        markSignalFrame()
        cunwind_set_registers(process, saved)
        append(trust: .cfi, isExact: true)
        return true
    }

    /// While an exception's handler is about to be entered, libgcc writes the handler's registers, its return address included,
    /// where its own are saved. So one of the innermost frames seems to be called by a place that calls something else; that
    /// place is right, but what its frame is is known only where the same address is found once more.
    ///
    /// - Returns: whether that led to the thread's first frame; otherwise nothing is changed.
    private func walkFromHandler() -> Bool {
        guard collector.omitted == 0 else { return false }
        let found = collector
        for index in 1..<max(1, min(found.frames.count, 4)) where found.frames[index].trust == .cfi {
            let frame = found.frames[index]
            guard fit(frame.instruction, of: found.frames[index - 1].lookup) == .elsewhere,
                let slot = slot(of: frame.instruction, from: frame.stackPointer)
            else { continue }
            collector.keep(first: index)
            pc = frame.instruction
            sp = slot &+ 8
            // Of a function with a frame pointer its caller's is beside the return address.
            if let saved = word(slot &- 8), saved > slot, saved - slot < maximumFrameSize { fp = saved }
            append(trust: .scan, isExact: false)
            if walkOn(isExact: false, scans: false) == .threadStart { return true }
            collector = found
        }
        return false
    }

    private func slot(of address: UInt64, from start: UInt64) -> UInt64? {
        for index in 0..<scannedWords {
            let (slot, overflow) = start.addingReportingOverflow(index * 8)
            guard !overflow, let value = word(slot) else { return nil }
            if value == address { return slot }
        }
        return nil
    }

    private func stepByFramePointer() -> Bool {
        guard fp >= sp, fp % 8 == 0, fp - sp < maximumFrameSize, let saved = word(fp), let address = word(fp &+ 8),
            saved == 0 ? cunwind_is_code(process, address) : fit(address) >= leastFit,
            // A caller with unwind information may have used the register for anything.
            saved == 0 || saved > fp || images.table(at: address) != nil
        else { return false }
        pc = address
        sp = fp &+ 16
        fp = saved
        append(trust: .framePointer, isExact: false)
        return true
    }

    /// Code that a compiler wrote while the program ran is called by way of code that knows where it is.
    private var leastFit: Fit { trustsUnreadCode && images.bytes(at: pc, count: 1).isEmpty ? .elsewhere : .possible }

    /// Takes the nearest word of the stack that follows a call, of this function if there is one.
    private func scan(_ scansLeft: inout Int) -> Bool {
        guard scansLeft > 0, let slot = returnAddressSlot(), let address = word(slot) else { return false }
        scansLeft -= 1
        pc = address
        sp = slot &+ 8
        // It may have been anything; where it points into what is left of the stack, it may be right.
        if fp < sp || fp - sp > maximumFrameSize { fp = 0 }
        append(trust: .scan, isExact: false)
        return true
    }

    private func returnAddressSlot() -> UInt64? {
        let start = (sp &+ 7) & ~7
        var best: (fit: Fit, slot: UInt64)?
        for index in 0..<scannedWords {
            let (slot, overflow) = start.addingReportingOverflow(index * 8)
            if overflow { break }
            guard let value = word(slot), cunwind_is_code(process, value) else { continue }
            let fit = fit(value)
            if fit >= .possible { return slot }
            if fit > best?.fit ?? .none { best = (fit, slot) }
        }
        return best?.slot
    }
}

/// Why a walk ended.
package enum WalkEnd: Sendable, Equatable {
    /// At the thread's first frame.
    case threadStart
    case noInformation
    case notCode
    case unreadable
    case loop
    case tooDeep

    /// `nil` for the thread's first frame.
    package var clause: String? {
        switch self {
        case .threadStart: nil
        case .noInformation: "there is no unwind information for its last frame"
        case .notCode: "the return address of its last frame is not in code"
        case .unreadable: "the stack beyond its last frame cannot be read or makes no sense"
        case .loop: "its last frame leads back to itself"
        case .tooDeep: "it has more than \(maximumFrames) frames"
        }
    }
}

/// 8 MiB of stack, as most threads have at most, hold half as many of the smallest frames.
private let maximumFrames = 1 << 20
private let maximumScans = 128
private let scannedWords: UInt64 = 512
/// Most functions are smaller.
private let nearby: UInt64 = 65536
private let maximumFrameSize: UInt64 = 1 << 20

private func loadPiece(
    _ context: UnsafeMutableRawPointer?, _ address: UInt64, _ region: UnsafeMutablePointer<cunwind_region>
) -> Bool {
    guard let context else { return false }
    let images = Unmanaged<UnwindSpace>.fromOpaque(context).takeUnretainedValue()
    guard let piece = images.piece(at: address) else { return false }
    region.pointee = piece
    return true
}

private func findTable(
    _ context: UnsafeMutableRawPointer?, _ address: UInt64, _ table: UnsafeMutablePointer<cunwind_table>
) -> Bool {
    guard let context else { return false }
    let images = Unmanaged<UnwindSpace>.fromOpaque(context).takeUnretainedValue()
    guard let found = images.table(at: address) else { return false }
    table.pointee = found
    return true
}
