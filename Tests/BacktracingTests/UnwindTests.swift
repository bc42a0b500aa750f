import Backtracing
import Glibc
import LinuxSystem
import TestFiles
import Testing

@Suite(.serialized) struct UnwindTests {
    /// Ways to compile a program whose unwind information is complete.
    static let complete = [
        "-O0", "-O2", "-O2 -fomit-frame-pointer", "-O2 -static", "-O2 -no-pie", "-O2 -static-pie", "-O0 -g",
        "-O2 -Wl,-z,now -Wl,-z,noseparate-code",
    ]

    private func run(
        _ verb: String, _ options: String, handled: [Int32] = [], strips: Bool = false, limit: Int = 512,
        removes: Bool = false
    ) throws -> (backtrace: Backtrace, names: [String], process: UnwoundProcess) {
        let directory = try TemporaryDirectory()
        let program = try UnwindProgram(directory, options, strips: strips)
        let process = try UnwoundProcess(
            [program.path, verb], handled: handled, removing: removes ? program.path : nil)
        let backtrace = try process.backtrace(limit: limit)
        return (backtrace, process.names(backtrace, of: program), process)
    }

    private let recursion = ["innermost"] + Array(repeating: "recurse", count: 21) + ["main"]

    @Test(arguments: complete) func everyCallOfARecursionIsFound(options: String) throws {
        let (backtrace, names, process) = try run("recurse", options)
        #expect(process.signal == SIGSEGV)
        #expect(Array(names.prefix(23)) == recursion)
        #expect(backtrace.isComplete)
        #expect(backtrace.end == nil)
        #expect(backtrace.frames[0].trust == .context)
        #expect(backtrace.frames.dropFirst().allSatisfy { $0.trust == .cfi })
    }

    @Test(arguments: ["-O2", "-O2 -static"]) func aStrippedProgramIsUnwoundAsWell(options: String) throws {
        let (backtrace, names, _) = try run("recurse", options, strips: true)
        #expect(Array(names.prefix(23)) == recursion)
        #expect(backtrace.isComplete)
    }

    @Test(arguments: ["-O2", "-O2 -static"]) func aDeletedProgramIsUnwoundByItsDescriptor(options: String) throws {
        let (backtrace, names, _) = try run("recurse", options, removes: true)
        #expect(Array(names.prefix(23)) == recursion)
        #expect(backtrace.isComplete)
    }

    @Test(arguments: ["-O0", "-O2", "-O2 -static"]) func aCallThroughABadPointerKeepsTheCaller(options: String) throws {
        for verb in ["null", "wild", "data"] {
            let (backtrace, names, _) = try run(verb, options)
            #expect(Array(names.dropFirst().prefix(3)) == ["call_wild", "through", "main"], "\(verb)")
            #expect(backtrace.isComplete)
        }
    }

    @Test(arguments: ["-O0", "-O2", "-O2 -static"]) func aStackOverflowHasItsHeadAndItsTail(options: String) throws {
        let (backtrace, names, _) = try run("overflow", options)
        #expect(backtrace.frames.count == 512)
        #expect(backtrace.omittedFrames > 10000)
        #expect(backtrace.omittedBefore == 256)
        #expect(names.prefix(256).allSatisfy { $0 == "overflow" })
        #expect(names.contains("main"))
        #expect(backtrace.isComplete)
        let pointers = backtrace.frames.map(\.stackPointer)
        #expect(zip(pointers, pointers.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(arguments: ["-O0", "-O2", "-O2 -static"], ["signal", "altstack"])
    func aCrashInASignalHandlerShowsWhatItInterrupted(options: String, verb: String) throws {
        let (backtrace, names, process) = try run(verb, options, handled: [SIGILL])
        #expect(process.signal == SIGSEGV)
        #expect(Array(names.prefix(2)) == ["innermost", "handler"])
        #expect(Array(names.dropFirst(3).prefix(3)) == ["interrupted", "before_signal", "main"])
        try #require(backtrace.frames.count > 5, "\(names)")
        #expect(backtrace.frames.map(\.isSignalFrame).prefix(4) == [false, false, true, false])
        #expect(backtrace.frames[3].lookup == backtrace.frames[3].instruction)
        #expect(backtrace.frames[4].lookup == backtrace.frames[4].instruction - 1)
        #expect(backtrace.isComplete)
    }

    @Test func aCrashInsideTheVdsoIsUnwound() throws {
        let (backtrace, names, _) = try run("vdso", "-O2")
        #expect(names.first == "[[vdso]]")
        #expect(names.contains("bad_vdso"))
        #expect(backtrace.isComplete)
    }

    @Test(arguments: ["-O2", "-O2 -static"]) func anAbortShowsItsCaller(options: String) throws {
        let (backtrace, names, process) = try run("abort", options)
        #expect(process.signal == SIGABRT)
        #expect(names.contains("give_up"))
        #expect(backtrace.isComplete)
    }

    @Test(arguments: ["-O0 -fno-stack-protector", "-O2 -fno-stack-protector"])
    func whatIsFoundOnASmashedStackIsLabelled(options: String) throws {
        let (backtrace, _, _) = try run("smash", options)
        #expect(backtrace.frames.count >= 1)
        #expect(backtrace.frames[0].trust == .context)
        if backtrace.frames.count > 1 { #expect(backtrace.frames[1].trust == .scan) }
    }

    @Test func withoutUnwindInformationFramePointersLeadOn() throws {
        let options = "-O2 -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-omit-frame-pointer"
        let (backtrace, names, _) = try run("recurse", options)
        #expect(Array(names.prefix(23)) == recursion, "\(backtrace.frames.map(\.trust))")
        #expect(backtrace.frames.dropFirst().prefix(22).allSatisfy { $0.trust == .framePointer })
        #expect(backtrace.isComplete)
    }

    @Test func withoutFramePointersEitherTheStackIsSearched() throws {
        let options = "-O2 -fno-asynchronous-unwind-tables -fno-unwind-tables -fomit-frame-pointer"
        let (backtrace, names, _) = try run("recurse", options)
        #expect(names.first == "innermost")
        #expect(names.filter { $0 == "recurse" }.count >= 20, "\(names) \(backtrace.frames.map(\.trust))")
        #expect(names.contains("main"))
        #expect(backtrace.frames.dropFirst().prefix(20).allSatisfy { $0.trust == .scan })
    }

    @Test func everyBlockedThreadIsUnwoundToItsStart() throws {
        let directory = try TemporaryDirectory()
        let program = try UnwindProgram(directory, "-O2")
        let process = try UnwoundProcess([program.path, "threads"])
        #expect(process.signal == SIGUSR1)
        #expect(process.registers.count == 9)
        for thread in 1..<process.registers.count {
            let backtrace = try process.backtrace(thread: thread)
            #expect(process.names(backtrace, of: program).contains("sleeper"))
            #expect(backtrace.isComplete)
        }
    }

    @Test func aReplacedFileIsNotTakenForTheOneThatWasMapped() throws {
        let directory = try TemporaryDirectory()
        let program = try UnwindProgram(directory, "-O2")
        let process = try UnwoundProcess([program.path, "recurse"])
        process.executable.close()
        unlink(program.path)
        _ = try UnwindProgram(directory, "-O0 -DOTHER")
        let images = ImageMap(maps: process.maps, memory: MemoryView(process.memory))
        let image = try #require(images.images.first { $0.path == program.path })
        #expect(image.file == nil)
        #expect(image.isDeleted)
        #expect(image.buildID.count == 20, "the headers that were copied have it")
        #expect(images.notes.contains { $0.contains(program.path) })
    }

    @Test(arguments: ["-O0", "-O2", "-O2 -static"]) func anExceptionThatNobodyCatchesShowsItsThrower(
        options: String
    ) throws {
        let directory = try TemporaryDirectory()
        let program = try UnwindProgram(directory, options, source: throwingSource)
        let process = try UnwoundProcess([program.path])
        let backtrace = try process.backtrace()
        let names = process.names(backtrace, of: program)
        #expect(process.signal == SIGABRT)
        #expect(names.contains("Thrower::run(int)"), "\(names)")
        #expect(names.contains("main"))
        #expect(backtrace.isComplete)
        #expect(backtrace.frames.dropFirst().allSatisfy { $0.trust == .cfi })
    }
}
