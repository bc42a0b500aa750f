// A process that stands still, written down.

import LinuxSystem
import SupervisorLink

enum SnapshotCapture {
    /// Reads the process into a file in memory, what matters most first.
    ///
    /// Call it on the thread that traces. Nothing here waits for the process, and it may be killed at any moment: then the
    /// snapshot ends early and says so. The process is not let go.
    /// - Returns: a snapshot that is as complete as could be; a failure only where there is no file to write to.
    static func take(of process: StoppedProcess) -> Result<CapturedSnapshot, SystemError> {
        do throws(SystemError) {
            let file = try FileDescriptor.memoryFile(named: "snapshot-\(process.process)")
            // By a thread that lives: the leader may have ended before it, and then shows nothing.
            let path = "/proc/\(process.thread)"
            let snapshot = CapturedSnapshot(
                file: file, rootDirectory: try? FileDescriptor.directoryToSearch(path + "/root"),
                executable: try? FileDescriptor.openWithoutWaiting(path + "/exe"))
            var recorder = SnapshotRecorder(process, snapshot)
            recorder.record()
            recorder.finish()
            return .success(snapshot)
        } catch { return .failure(error) }
    }
}

/// Writes one snapshot.
struct SnapshotRecorder {
    let process: StoppedProcess
    let snapshot: CapturedSnapshot
    var writer: SnapshotWriter
    var map = MemoryMap([])
    var memory: MemoryRecorder
    /// Of each thread that has registers, in their order.
    private var stackPointers: [UInt64] = []

    init(_ process: StoppedProcess, _ snapshot: CapturedSnapshot) {
        self.process = process
        self.snapshot = snapshot
        writer = SnapshotWriter(snapshot.file)
        memory = MemoryRecorder(
            ProcessMemory(of: process.thread, file: process.files?.memory), budget: .present())
    }

    mutating func record() {
        recordCause()
        recordIdentity()
        if let first = process.threads.first { recordFirst(first) }
        recordVirtualObject()
        recordSurroundings()
        for thread in process.threads.dropFirst() { record(thread) }
        recordOtherStacks()
        recordLostImages()
        for note in memory.notes { writer.put(.note, note) }
    }

    /// Where the file could not take it all, says so at its end.
    mutating func finish() {
        memory.release()
        guard let failure = writer.failure, (try? snapshot.file.truncate(to: writer.size)) != nil else { return }
        var last = SnapshotWriter(snapshot.file)
        last.put(.note, "the snapshot is incomplete: \(failure)")
    }

    // MARK: The process

    private mutating func recordCause() {
        writer.put(
            SnapshotHeader(
                reason: process.reason, process: process.process, thread: process.thread, signal: process.signal,
                machine: RegisterLayout.machine, time: wallClockNanoseconds()))
        guard process.signal != 0 else { return }
        do throws(SystemError) {
            let info = try Tracee(process.thread).signalInfo()
            writer.put(.signalInfo, info)
            if let sender = SignalSender(info, to: process.process) { writer.put(.sender, sender.commandLine) }
        } catch { writer.put(.note, "the signal's details could not be read: \(error)") }
    }

    private mutating func recordIdentity() {
        if let name = ProcessIdentity.name(of: process.process) { writer.put(.name, name) }
        record(.commandLine, "cmdline")
        if let path = try? readLink(processFile(process.thread, "exe")) { writer.put(.executable, path) }
        do throws(SystemError) {
            map = MemoryMap(try readMaps())
            writer.put(.maps, map.text)
        } catch { writer.put(.note, "the mappings could not be read: \(error)") }
    }

    private mutating func recordSurroundings() {
        record(.status, "status")
        record(.auxiliaryVector, "auxv")
    }

    /// A file of the process as it is.
    private mutating func record(_ kind: SnapshotRecord, _ name: String) {
        do throws(SystemError) {
            writer.put(kind, try readSmallFile("/proc/\(process.thread)/\(name)"))
        } catch { writer.put(.note, "/proc/PID/\(name) could not be read: \(error)") }
    }

    /// A program may have 65 530 mappings, a line of about 100 bytes each.
    private static let mapsLimit = 8 << 20

    private func readMaps() throws(SystemError) -> [UInt8] {
        do throws(SystemError) {
            return try readSmallFile(processFile(process.thread, "maps"), limit: Self.mapsLimit)
        } catch {
            guard error.isNotPermitted, let file = process.files?.maps else { throw error }
            try file.seekToStart()
            return try file.readAll(limit: Self.mapsLimit)
        }
    }

    // MARK: Threads

    /// The thread that got the signal: all its registers, its stack, the code around its program counter.
    private mutating func recordFirst(_ thread: StoppedThread) {
        guard let registers = record(thread) else { return }
        let tracee = Tracee(thread.id)
        if let bytes = try? tracee.registers(.floatingPoint) { writer.put(.floatingPoint, of: thread.id, bytes) }
        // Not every machine has this set.
        if let bytes = try? tracee.registers(.extended) { writer.put(.extendedState, of: thread.id, bytes) }
        guard RegisterLayout.isNative(registers), let stackPointer = RegisterLayout.stackPointer(of: registers),
            let counter = RegisterLayout.programCounter(of: registers)
        else {
            writer.put(.note, "the program is a 32-bit one: its stacks were not taken")
            return
        }
        memory.copyStack(at: stackPointer, .crashed, of: map, to: &writer)
        memory.copy(counter.advanced(below: 256)..<counter.advanced(above: 256), to: &writer)
        for other in memory.interruptedStackPointers.prefix(4) {
            memory.copyStack(at: other, .crashed, of: map, to: &writer)
        }
    }

    /// - Returns: its general registers; `nil` where it has none.
    @discardableResult
    private mutating func record(_ thread: StoppedThread) -> [UInt8]? {
        let name = (try? readSmallFile("/proc/\(process.process)/task/\(thread.id)/comm", limit: 64)) ?? []
        writer.put(.thread, of: thread.id, name.filter { $0 != UInt8(ascii: "\n") })
        if !thread.state.isEmpty { writer.put(.threadState, of: thread.id, thread.state) }
        if let trouble = thread.trouble {
            writer.put(.threadTrouble, of: thread.id, trouble)
            return nil
        }
        do throws(SystemError) {
            let registers = try Tracee(thread.id).registers(.general, capacity: 1024)
            writer.put(.registers, of: thread.id, registers)
            if thread.id != process.threads.first?.id, RegisterLayout.isNative(registers),
                let pointer = RegisterLayout.stackPointer(of: registers)
            {
                stackPointers.append(pointer)
            }
            return registers
        } catch {
            writer.put(.threadTrouble, of: thread.id, "its registers could not be read: \(error)")
            return nil
        }
    }

    private mutating func recordOtherStacks() {
        // With more threads than 256 each gets less, so that all have their innermost frames.
        var limits = StackLimits.other
        if stackPointers.count > 256 {
            limits.head = max(8 << 10, UInt64((16 << 20) / stackPointers.count) & ~4095)
        }
        for (index, pointer) in stackPointers.enumerated() where writer.failure == nil {
            if memory.isSpent {
                memory.notes.append("the stacks of \(stackPointers.count - index) threads were left out")
                return
            }
            memory.copyStack(at: pointer, limits, of: map, to: &writer)
        }
    }

    // MARK: Images

    /// The code which the kernel lends every process: no file holds it.
    private mutating func recordVirtualObject() {
        for region in map.regions.reversed() where map.text[region.name].elementsEqual("[vdso]".utf8) {
            memory.copy(region.start..<region.end, to: &writer)
            return
        }
    }

    private mutating func recordLostImages() {
        // An undumpable process doesn't show its root; most have ours.
        let ownRoot = snapshot.rootDirectory == nil ? try? FileDescriptor.directoryToSearch("/") : nil
        defer { ownRoot?.close() }
        let regions = LostImages.regions(
            of: map, root: snapshot.rootDirectory ?? ownRoot, keptInode: snapshot.executable?.inode)
        let before = memory.copied
        for region in regions where writer.failure == nil {
            let left = LostImages.limit - (memory.copied - before)
            if left <= 0 || memory.isSpent {
                memory.notes.append(
                    "files that are gone were mapped: only \(LostImages.limit >> 20) MiB of them were taken")
                return
            }
            let end = min(region.end, region.start.advanced(above: UInt64(left)))
            memory.copy(region.start..<end, to: &writer)
        }
    }
}

extension UInt64 {
    fileprivate func advanced(below distance: UInt64) -> UInt64 { self > distance ? self - distance : 0 }
    fileprivate func advanced(above distance: UInt64) -> UInt64 { self < .max - distance ? self + distance : .max }
}
