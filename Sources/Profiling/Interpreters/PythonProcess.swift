// A process that runs CPython, and what its threads execute.

import Backtracing
import LinuxSystem

/// A call of a Python function, on a thread's stack.
struct PythonCall: Equatable {
    /// Number among the codes of ``PythonCodes``.
    var code: Int
    /// 0 where it is not known.
    var line: Int
}

/// The calls of a thread, as its evaluator was called: those of one call of the evaluator are one group.
/// Outermost first, groups and calls.
typealias PythonStack = [[PythonCall]]

/// Reads the Python stacks of one process, without stopping it.
///
/// A thread goes on while its frames are followed, so that what is read is checked, and what makes no sense is not used.
final class PythonProcess {
    let layout: PythonLayout
    private let runtime: UInt64
    private let codeType: UInt64
    private var memory: PythonMemory
    /// Addresses of the threads' states, by thread.
    private var threads: [Int32: UInt64] = [:]
    private var codes: [UInt64: Known] = [:]
    /// Where a thread of an interpreter is in it, once that was found out.
    private var threadsHead: Int?
    private let process: Int32

    private final class Known {
        let number: Int
        let identity: [UInt64]
        let table: PythonLineTable
        private let met: MonotonicTime
        private var checked: MonotonicTime
        /// The last instruction that was asked for, and its line.
        var recent = (unit: -1, line: 0)

        init(_ code: PythonCode, number: Int, met: MonotonicTime) {
            self.number = number
            identity = code.identity
            table = code.lines
            self.met = met
            checked = met
        }

        /// For as long as it has been there it is believed to stay: modules' code goes once they are imported, and another
        /// function's has its place.
        func isToBeChecked(at time: MonotonicTime) -> Bool {
            // Once for each stack, however often it is in it.
            time.since(checked) >= max(1, min(checked.since(met), PythonProcess.checkAgain))
        }

        func wasFound(at time: MonotonicTime) { checked = time }

        func line(of unit: Int) -> Int {
            if recent.unit != unit { recent = (unit, max(0, table.line(of: unit) ?? 0)) }
            return recent.line
        }
    }

    private struct Frame {
        let code: UInt64
        let previous: UInt64
        let instruction: UInt64
        let owner: UInt8
        /// A call of the evaluator began with it.
        let isEntry: Bool
    }

    private static let deepest = 4096
    private static let mostThreads = 4096
    private static let mostCodes = 65536
    fileprivate static let checkAgain: Int64 = 1_000_000_000

    /// - Parameter symbols: addresses in the process of what ``PythonImage/names`` asks for.
    /// - Returns: `nil` where it is no Python that is understood.
    init?(_ process: Int32, _ symbols: PythonImage.Addresses) {
        var memory = PythonMemory(process: process)
        guard let version = memory.word(symbols.version),
            let head = memory.bytes(symbols.runtime, PythonLayout.descriptionSize),
            let layout = PythonLayout(version: version & 0xFFFF_FFFF, runtime: head)
        else { return nil }
        self.process = process
        self.layout = layout
        self.memory = memory
        runtime = symbols.runtime
        codeType = symbols.codeType
        threadsHead = layout.threadsHead
    }

    /// The process is closed to us.
    var refusal: SystemError? { memory.refusal }

    // MARK: Threads

    /// What a thread executes now; `nil` where it cannot be told, empty where it runs no Python.
    func stack(of thread: Int32, _ known: PythonCodes, at time: MonotonicTime) -> PythonStack? {
        memory.forget()
        guard let state = state(of: thread) else { return nil }
        guard let first = currentFrame(state) else { return [] }
        return frames(from: first, state, known, at: time)
    }

    private func state(of thread: Int32) -> [UInt8]? {
        if let address = threads[thread], let state = state(at: address, thread) { return state }
        findThreads()
        return threads[thread].flatMap { state(at: $0, thread) }
    }

    private func state(at address: UInt64, _ thread: Int32) -> [UInt8]? {
        guard let state = memory.bytes(address, layout.threadSize),
            Int32(truncatingIfNeeded: state.word(layout.threadNativeID)) == thread
        else { return nil }
        return state
    }

    /// Follows the lists of interpreters and of their threads.
    private func findThreads() {
        threads.removeAll(keepingCapacity: true)
        var interpreter = memory.word(runtime &+ UInt64(layout.interpretersHead)) ?? 0
        var left = Self.mostThreads
        while interpreter != 0, left > 0 {
            var thread = firstThread(of: interpreter) ?? 0
            while thread != 0, left > 0 {
                guard let state = memory.bytes(thread, layout.threadSize) else { break }
                threads[Int32(truncatingIfNeeded: state.word(layout.threadNativeID))] = thread
                thread = state.word(layout.threadNext)
                left -= 1
            }
            interpreter = memory.word(interpreter &+ UInt64(layout.interpreterNext)) ?? 0
            left -= 1
        }
    }

    private func firstThread(of interpreter: UInt64) -> UInt64? {
        if let threadsHead { return memory.word(interpreter &+ UInt64(threadsHead)) }
        // A thread's state knows its interpreter.
        for offset in stride(from: 0, to: 512, by: 8) {
            guard let word = memory.word(interpreter &+ UInt64(offset)), word > 4096, word % 8 == 0,
                word != interpreter,
                memory.word(word &+ UInt64(layout.threadInterpreter)) == interpreter
            else { continue }
            threadsHead = offset
            return word
        }
        return nil
    }

    private func currentFrame(_ state: [UInt8]) -> UInt64? {
        var frame = state.word(layout.threadFrame)
        if let offset = layout.currentFrame { frame = memory.word(frame &+ UInt64(offset)) ?? 0 }
        return frame == 0 ? nil : frame
    }

    // MARK: Frames

    private func frames(
        from first: UInt64, _ state: [UInt8], _ known: PythonCodes, at time: MonotonicTime
    ) -> PythonStack? {
        // Frames lie one behind the other, but for those of generators.
        let chunk = state.word(layout.threadStackChunk)
        let end = first &+ UInt64(layout.frameSize)
        if chunk < end { memory.load(chunk..<end) }
        var groups: PythonStack = []
        var group: [PythonCall] = []
        var frame = first
        for _ in 0..<Self.deepest {
            guard frame != 0 else {
                if !group.isEmpty { groups.append(group.reversed()) }
                return groups.reversed()
            }
            guard let read = self.frame(at: frame), read.owner <= PythonLayout.mostOwner else { return nil }
            let isBoundary = layout.frameIsEntry == nil && read.owner == PythonLayout.ownedByEvaluator
            if !isBoundary {
                guard let call = call(read, known, at: time) else { return nil }
                group.append(call)
            }
            if isBoundary || read.isEntry, !group.isEmpty {
                groups.append(group.reversed())
                group = []
            }
            frame = read.previous
        }
        return nil
    }

    private func frame(at address: UInt64) -> Frame? {
        memory.withBytes(address, layout.frameSize) { [layout] bytes in
            func word(_ offset: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
            return Frame(
                // From 3.14 on the lowest bits are a tag.
                code: word(layout.frameCode) & ~7, previous: word(layout.framePrevious),
                instruction: word(layout.frameInstruction), owner: bytes[layout.frameOwner],
                isEntry: layout.frameIsEntry.map { bytes[$0] != 0 } ?? false)
        }
    }

    private func call(_ frame: Frame, _ known: PythonCodes, at time: MonotonicTime) -> PythonCall? {
        guard let code = code(at: frame.code, known, at: time) else { return nil }
        let start = frame.code &+ UInt64(layout.codeInstructions)
        // Before the first instruction it is one less.
        let unit = frame.instruction >= start ? Int(truncatingIfNeeded: (frame.instruction - start) / 2) : 0
        return PythonCall(code: code.number, line: code.line(of: unit))
    }

    private func code(at address: UInt64, _ known: PythonCodes, at time: MonotonicTime) -> Known? {
        if let entry = codes[address] {
            if !entry.isToBeChecked(at: time) { return entry }
            if let object = memory.bytes(address, layout.codeSize), object.word(8) == codeType,
                PythonCode.identity(of: object, layout) == entry.identity
            {
                entry.wasFound(at: time)
                return entry
            }
        }
        guard codes.count < Self.mostCodes, let code = PythonCode(at: address, &memory, layout, type: codeType) else {
            return nil
        }
        let entry = Known(code, number: known.number(of: code), met: time)
        codes[address] = entry
        return entry
    }
}

/// The functions that were met, in all processes.
final class PythonCodes {
    private(set) var all: [(name: String, file: String, firstLine: Int)] = []
    private var numbers: [Key: Int] = [:]

    private struct Key: Hashable {
        let name: String
        let file: String
        let firstLine: Int
    }

    /// As many as ``FrameKey`` can tell apart; what is beyond is one.
    static let most = 1 << 28 - 1

    func number(of code: PythonCode) -> Int {
        let key = Key(name: code.name, file: code.file, firstLine: code.firstLine)
        if let known = numbers[key] { return known }
        guard all.count < Self.most else { return Self.most - 1 }
        numbers[key] = all.count
        all.append((code.name, code.file, code.firstLine))
        return all.count - 1
    }
}
