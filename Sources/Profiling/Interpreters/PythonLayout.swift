// Where CPython keeps what a stack is made of. Offsets in bytes, of 64-bit builds.

/// The shape of one version's structures.
///
/// 3.11 and 3.12 are as their headers have them (`pycore_runtime.h`, `pycore_interp.h`, `pystate.h`, `pycore_frame.h`,
/// `code.h`); from 3.13 on a process describes itself (`_Py_DebugOffsets`, at the beginning of `_PyRuntime`).
struct PythonLayout: Sendable, Equatable {
    // _PyRuntimeState, PyInterpreterState
    var interpretersHead: Int
    var interpreterNext: Int
    /// `nil`: to be looked for, by what a thread's state must have.
    var threadsHead: Int?
    // PyThreadState
    var threadNext = 8
    var threadInterpreter = 16
    var threadNativeID: Int
    /// Of the innermost frame, or of the `_PyCFrame` that has it.
    var threadFrame: Int
    /// In the `_PyCFrame`; `nil` where there is none.
    var currentFrame: Int?
    var threadStackChunk: Int
    // _PyInterpreterFrame
    var frameCode: Int
    var framePrevious: Int
    var frameInstruction: Int
    var frameOwner: Int
    /// 3.11: set in the frame that a call of the evaluator began with. Later: such a frame is one of its own, which the
    /// evaluator owns.
    var frameIsEntry: Int?
    // PyCodeObject
    var codeFileName: Int
    var codeName: Int
    var codeQualifiedName: Int
    var codeLineTable: Int
    var codeFirstLine: Int
    var codeInstructions: Int
    // Strings
    var textState = 32
    var textLength = 16
    /// Where the characters of an ASCII text are.
    var asciiText: Int
    var bytesContents = 32
    var bytesLength = 16

    /// The owner of frames that are no function's: `FRAME_OWNED_BY_CSTACK`, `FRAME_OWNED_BY_INTERPRETER`.
    static let ownedByEvaluator: UInt8 = 3
    static let mostOwner: UInt8 = 4

    /// Bytes of a frame and of a code object that are of interest.
    var frameSize: Int {
        max(frameOwner, frameInstruction + 7, framePrevious + 7, frameCode + 7, frameIsEntry ?? 0) + 1
    }
    var codeSize: Int { max(codeInstructions, codeLineTable + 8, codeQualifiedName + 8, codeFirstLine + 4) }
    var threadSize: Int { max(threadStackChunk, threadNativeID, threadFrame) + 8 }
    /// Where the characters of another text are: UTF-8 length and pointer lie between.
    var compactText: Int { asciiText + (asciiText == 48 ? 24 : 16) }
}

extension PythonLayout {
    static let python311 = PythonLayout(
        interpretersHead: 40, interpreterNext: 0, threadsHead: 16, threadNativeID: 160, threadFrame: 56,
        currentFrame: 8, threadStackChunk: 296, frameCode: 32, framePrevious: 48, frameInstruction: 56, frameOwner: 69,
        frameIsEntry: 68, codeFileName: 112, codeName: 120, codeQualifiedName: 128, codeLineTable: 136,
        codeFirstLine: 72, codeInstructions: 184, asciiText: 48)

    static let python312 = PythonLayout(
        interpretersHead: 40, interpreterNext: 0, threadsHead: nil, threadNativeID: 144, threadFrame: 56,
        currentFrame: 0, threadStackChunk: 232, frameCode: 0, framePrevious: 8, frameInstruction: 56, frameOwner: 70,
        frameIsEntry: nil, codeFileName: 112, codeName: 120, codeQualifiedName: 128, codeLineTable: 136,
        codeFirstLine: 68, codeInstructions: 192, asciiText: 40)

    /// - Parameters:
    ///   - version: `Py_Version`: major, minor, micro, level, a byte each from the third highest on.
    ///   - runtime: the first bytes of `_PyRuntime`.
    /// - Returns: `nil` for a version whose frames are not understood.
    init?(version: UInt64, runtime: [UInt8]) {
        switch (version >> 24 & 0xFF, version >> 16 & 0xFF) {
        case (3, 11): self = .python311
        case (3, 12): self = .python312
        case (3, 13...): self.init(selfDescription: runtime)
        default: return nil
        }
    }

    /// Bytes of `_PyRuntime` that describe the rest.
    static let descriptionSize = 640

    /// Source: PEP 768 and `pycore_debug_offsets.h`. The groups of the structure begin with the size of what they describe.
    private init?(selfDescription bytes: [UInt8]) {
        guard bytes.starts(with: Array("xdebugpy".utf8)), bytes.count >= Self.descriptionSize else { return nil }
        // Cookie, version, whether it is the build without the lock; then u64 each.
        let words = (0..<Self.descriptionSize / 8).map { word in
            Int(
                truncatingIfNeeded: bytes.withUnsafeBytes {
                    $0.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)
                })
        }
        // Of the build without the lock reference counts and headers are others: its frames are tagged.
        let interpreter = 6
        // Groups grew with the versions, so that the later ones are to be looked for.
        guard words[2] == 0,
            let thread = (interpreter + 9..<interpreter + 24).first(where: { Self.isThreadGroup(words, $0) }),
            let code = (thread + 15..<thread + 22).first(where: { Self.isCodeGroup(words, $0) })
        else { return nil }
        let frame = thread + 9
        let used = words[3..<(code + 10)]
        guard used.allSatisfy({ $0 >= 0 && $0 < 1 << 24 }) else { return nil }
        interpretersHead = words[5]
        interpreterNext = words[interpreter + 2]
        threadsHead = words[interpreter + 3]
        threadNext = words[thread + 2]
        threadInterpreter = words[thread + 3]
        threadFrame = words[thread + 4]
        threadNativeID = words[thread + 6]
        threadStackChunk = words[thread + 7]
        currentFrame = nil
        framePrevious = words[frame + 1]
        frameCode = words[frame + 2]
        frameInstruction = words[frame + 3]
        frameOwner = words[frame + 5]
        frameIsEntry = nil
        codeFileName = words[code + 1]
        codeName = words[code + 2]
        codeQualifiedName = words[code + 3]
        codeLineTable = words[code + 4]
        codeFirstLine = words[code + 5]
        codeInstructions = words[code + 9]
        asciiText = 40
        guard frameSize <= 512, codeSize <= 1024, threadSize <= 4096 else { return nil }
    }

    private static func isThreadGroup(_ words: [Int], _ index: Int) -> Bool {
        index + 25 < words.count && words[index] > 128 && words[index + 1] == 0 && words[index + 2] == 8
            && words[index + 3] == 16
    }

    /// A size, then where six members are: behind the header, within the size.
    private static func isCodeGroup(_ words: [Int], _ index: Int) -> Bool {
        guard index + 10 < words.count, words[index] > 128 else { return false }
        return words[index + 1...index + 5].allSatisfy { $0 >= 16 && $0 < words[index] }
    }
}
