// One snapshot: every thread unwound, every frame named, in the order of what matters if time runs out.

import Backtracing
import CrashReporting
import LinuxSystem
import SentryProtocol
import SourceFiles
import SupervisorLink

/// Turns a process that was read into ``CrashStacks``.
final class SnapshotBacktracer {
    private let snapshot: ProcessSnapshot
    private let images: ImageMap
    private let symbolicator: Symbolicator
    private let sources: SourceContext
    private let jitted: PerfMap?
    private let deadline: MonotonicTime
    /// When each image's file was last modified, by its place in the map.
    private var modifications: [Int: Int64?] = [:]

    /// Most threads have a stack of a few frames; a broken one may have any number.
    private static let frameLimit = 512

    init(
        _ snapshot: ProcessSnapshot, _ options: BacktracerOptions, rootDirectory: FileDescriptor?,
        executable: FileDescriptor?
    ) {
        self.snapshot = snapshot
        deadline = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds + options.timeLimit * 1_000_000)
        images = ImageMap(
            maps: snapshot.maps, auxiliaryVector: snapshot.auxiliaryVector,
            memory: MemoryView(snapshot.memory.map { ($0.address, $0.bytes) }), rootDirectory: rootDirectory,
            executable: executable)
        symbolicator = Symbolicator(
            searchPaths: options.symbolPaths, rootDirectory: rootDirectory, deadline: deadline)
        sources = SourceContext(rootDirectory: rootDirectory)
        jitted = PerfMap(
            process: snapshot.innermostID, owner: snapshot.owner, rootDirectory: rootDirectory)
    }

    /// All of it: the thread that the report is about comes first.
    func stacks() -> CrashStacks {
        let walks = walks()
        nameFunctions(walks)
        let threads = zip(snapshot.threads, walks).map { thread, walk in record(thread, walk) }
        return CrashStacks(
            threads: threads, images: debugImages,
            notes: snapshot.notes + images.notes + endNotes(walks) + symbolicator.notes)
    }

    private func walks() -> [Backtrace?] {
        guard let unwinder = Unwinder(images: images) else { return snapshot.threads.map { _ in nil } }
        return snapshot.threads.map { thread in
            thread.registers.isEmpty ? nil : unwinder.unwind(registers: thread.registers, limit: Self.frameLimit)
        }
    }

    /// Why a stack is not whole: of the thread that the report is about alone, for others it is nobody's question.
    private func endNotes(_ walks: [Backtrace?]) -> [String] {
        guard let walk = walks.first ?? nil, !walk.isComplete, let end = walk.end else { return [] }
        return ["the stack of thread \(snapshot.threads[0].id) may not be whole: \(end)"]
    }

    /// The symbol tables of all images first: a debug file that takes too long then costs lines and no names.
    private func nameFunctions(_ walks: [Backtrace?]) {
        for frame in walks.lazy.compactMap({ $0 }).flatMap(\.frames) {
            guard let index = images.imageIndex(at: frame.lookup) else { continue }
            _ = symbolicator.name(of: frame.lookup, in: images.images[index], contents: contents(of: index))
        }
    }

    private func contents(of index: Int) -> ImageContents? {
        let image = images.images[index]
        guard image.file == nil else { return nil }
        return ImageContents(headerAddress: image.range.lowerBound &- image.bias) { [images] address, count in
            let bytes = images.bytes(at: address &+ image.bias, count: count)
            return bytes.count == count ? bytes : nil
        }
    }

    // MARK: Threads

    private func record(_ thread: ProcessSnapshot.Thread, _ walk: Backtrace?) -> ThreadRecord {
        let isSubject = thread.id == snapshot.header.thread
        var record = ThreadRecord(
            id: Int(thread.id), name: thread.name, state: thread.trouble ?? thread.state.nonEmpty)
        if isSubject { record.current = true }
        if isSubject, snapshot.header.reason == .fatalSignal { record.crashed = true }
        if thread.id == snapshot.header.process { record.main = true }
        guard let walk else { return record }
        record.stackTrace = StackTrace(
            // A report of hundreds of threads has a size limit, and only the crashed one's are shown.
            frames: frames(walk).reversed(), registers: isSubject ? registers(thread) : [:],
            instructionAddressAdjustment: "all_but_first")
        return record
    }

    private func registers(_ thread: ProcessSnapshot.Thread) -> [String: UInt64] {
        Dictionary(
            RegisterLayout.names.compactMap { register in
                RegisterLayout.value(at: register.offset, of: thread.registers).map { (register.name, $0) }
            }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Frames

    /// Innermost first, what was inlined as a frame of its own.
    private func frames(_ walk: Backtrace) -> [Frame] {
        var frames: [Frame] = []
        for (index, unwound) in walk.frames.enumerated() {
            if walk.omittedFrames > 0, index == walk.omittedBefore {
                frames.append(Frame(function: "[\(walk.omittedFrames) frames left out]", inApp: false))
            }
            frames += named(unwound)
        }
        return frames
    }

    private func named(_ unwound: UnwoundFrame) -> [Frame] {
        guard let index = images.imageIndex(at: unwound.lookup) else {
            return [frame(unwound, outsideOfImages(unwound))]
        }
        let image = images.images[index]
        let locations = symbolicator.locations(of: unwound.lookup, in: image, contents: contents(of: index))
        guard !locations.isEmpty else { return [frame(unwound, nil, image, index)] }
        return locations.map { frame(unwound, $0, image, index) }
    }

    /// Compiled while it ran, or nothing that is mapped.
    private func outsideOfImages(_ unwound: UnwoundFrame) -> SourceLocation? { jitted?.location(of: unwound.lookup) }

    private func frame(
        _ unwound: UnwoundFrame, _ location: SourceLocation?, _ image: Image? = nil, _ index: Int? = nil
    ) -> Frame {
        var frame = Frame(function: location?.function)
        frame.instructionAddress = unwound.instruction
        frame.trust = unwound.trust.rawValue
        frame.imageAddress = image?.range.lowerBound
        frame.package = image?.path ?? images.mapping(at: unwound.lookup)?.path.nonEmpty
        frame.symbolAddress = location?.functionAddress
        if let symbol = location?.symbol, symbol != location?.function { frame.symbol = symbol }
        guard let location, let file = location.file else { return frame }
        frame.absolutePath = file
        frame.filename = file.split(separator: "/").last.map(String.init)
        frame.line = location.line
        frame.column = location.column
        addSource(to: &frame, file, location.line, index)
        return frame
    }

    private func addSource(to frame: inout Frame, _ file: String, _ line: Int?, _ index: Int?) {
        guard let line, let lines = sources.lines(around: line, of: file, builtAt: index.flatMap(modification)) else {
            return
        }
        frame.preContext = lines.before
        frame.contextLine = lines.line
        frame.postContext = lines.after
    }

    private func modification(_ index: Int) -> Int64? {
        if let known = modifications[index] { return known }
        let image = images.images[index]
        let modified = image.file.flatMap { try? $0.status(image.path).modified }
        modifications[index] = modified
        return modified
    }

    // MARK: Images

    private var debugImages: [DebugImage] {
        images.images.enumerated().map { index, image in
            let text = image.buildID.isEmpty ? images.beginningOfText(imageIndex: index) : nil
            return DebugImage(
                codeFile: image.path, buildID: image.buildID,
                debugID: text.map { DebugImage.debugID(text: $0) } ?? DebugImage.debugID(buildID: image.buildID),
                address: image.range.lowerBound, size: image.range.upperBound - image.range.lowerBound,
                preferredAddress: image.preferredAddress, architecture: Self.architectures[image.machine])
        }
    }

    /// Sentry's names by `e_machine`. Source: elf.h, protocol reference 3.6.
    private static let architectures: [UInt16: String] = [3: "x86", 40: "arm", 62: "x86_64", 183: "arm64"]
}

extension ProcessSnapshot {
    /// A line of `/proc/PID/status`.
    private func line(_ name: String) -> [Substring] {
        status.split(separator: "\n").first { $0.hasPrefix(name + ":") }?.split(whereSeparator: \.isWhitespace) ?? []
    }

    /// As the process knows itself, in its own PID namespace.
    fileprivate var innermostID: Int32 { line("NSpid").last.flatMap { Int32($0) } ?? header.process }

    /// Its effective user.
    fileprivate var owner: UInt32 {
        let ids = line("Uid")
        return ids.count > 2 ? UInt32(ids[2]) ?? 0 : 0
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
