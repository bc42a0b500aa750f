import LinuxSystem
import TestFiles
import Testing

@testable import Profiling

/// Stacks of a real interpreter; its own `co_positions()` and `traceback` say what is true.
@Suite struct PythonTests {
    private static let interpreter = "/usr/bin/python3"
    private static let isThere = fileExists("/usr/bin/python3.11")

    @Test(.enabled(if: isThere, "needs Debian's python3.11"))
    func `lines are the interpreter's own`() throws {
        let directory = try TemporaryDirectory()
        try directory.file(
            "lines.py",
            """
            import json, dis
            def sample(a, b=(1,
                             2)):
                for x in range(
                        10):
                    if x:
                        yield [y
                               for y in b
                               if y > a]
                    else:
                        try:
                            a = (a +
                                 x)
                        except ValueError as e:
                            raise
                lambda: 0



                return None
            code = sample.__code__
            lines = [p[0] or 0 for p in code.co_positions()]
            print(code.co_firstlineno, code.co_linetable.hex(), ",".join(map(str, lines)))
            """)
        let words = try #require(outputOfShell("\(Self.interpreter) \(directory.path)/lines.py")).split(separator: " ")
        let first = try #require(Int(words[0]))
        let bytes = stride(from: 0, to: words[1].utf8.count, by: 2).compactMap { offset in
            UInt8(words[1].dropFirst(offset).prefix(2), radix: 16)
        }
        let table = PythonLineTable(bytes, firstLine: first)
        let lines = words[2].split(whereSeparator: { $0 == "," || $0.isNewline }).compactMap { Int($0) }
        #expect(lines.count > 40)
        for (unit, line) in lines.enumerated() { #expect(table.line(of: unit) ?? 0 == line, "unit \(unit)") }
    }

    @Test(
        arguments: [[], [0x80], [0xFF, 0xFF], [0x00, 0x01], [0xF0, 0xC0, 0xC0], [0xE8, 0x7F, 0x7F, 0x7F]] as [[UInt8]])
    func `a damaged table of lines traps nobody`(_ bytes: [UInt8]) {
        let table = PythonLineTable(bytes, firstLine: 7)
        for unit in [-1, 0, 1, 1000, .max] { _ = table.line(of: unit) }
    }

    @Test func `calls are matched from the outermost frame on, or from the innermost where that is missing`() {
        let stack = (0..<3).map { [PythonCall(code: $0, line: 1)] }
        func matched(_ count: Int, isComplete: Bool) -> [Int?] {
            var calls = InterpretedCalls(stack, evaluator: 10..<20, count: count, isComplete: isComplete)
            #expect(calls.next(at: 5) == nil)
            return calls.missing.map { $0.code } + (0..<count).map { _ in calls.next(at: 12)?.first?.code }
        }
        #expect(matched(3, isComplete: true) == [0, 1, 2])
        #expect(matched(2, isComplete: true) == [0, 1])
        #expect(matched(4, isComplete: true) == [0, 1, 2, nil])
        #expect(matched(2, isComplete: false) == [0, 1, 2])
        #expect(matched(4, isComplete: false) == [nil, 0, 1, 2])
    }

    @Test func `a version that is not understood, or does not describe itself, is left alone`() {
        #expect(PythonLayout(version: 0x030A_00F0, runtime: []) == nil)
        #expect(PythonLayout(version: 0x030D_00F0, runtime: Array("xdebugpy".utf8)) == nil)
        #expect(PythonLayout(version: 0x030D_00F0, runtime: [UInt8](repeating: 0xFF, count: 1024)) == nil)
        #expect(PythonLayout(version: 0x030B_02F0, runtime: []) == .python311)
    }

    /// Numbers as CPython 3.13's own header computes them on x86-64.
    @Test func `a self-description is read`() throws {
        var words = [UInt64](repeating: 0, count: 90)
        words[1] = 0x030D_00F0
        let runtime: [UInt64] = [2_000_000, 24, 632]
        let interpreter: [UInt64] = [300_000, 10760, 7216, 7376, 7648, 10776, 10792, 10800, 8, 16, 0, 24, 32]
        let thread: [UInt64] = [320, 0, 8, 16, 72, 152, 160, 240, 24]
        let frame: [UInt64] = [80, 8, 0, 56, 72, 70]
        let code: [UInt64] = [216, 112, 120, 128, 136, 68, 52, 96, 104, 200]
        words.replaceSubrange(3..<44, with: runtime + interpreter + thread + frame + code)
        let bytes = words.flatMap { word in withUnsafeBytes(of: word.littleEndian, Array.init) }
        let layout = try #require(
            PythonLayout(version: 0x030D_00F0, runtime: Array("xdebugpy".utf8) + bytes.dropFirst(8)))
        #expect(layout.interpretersHead == 632)
        #expect(layout.threadsHead == 7376)
        #expect(layout.threadNativeID == 160)
        #expect(layout.threadFrame == 72)
        #expect(layout.frameInstruction == 56)
        #expect(layout.codeFirstLine == 68)
        #expect(layout.codeInstructions == 200)
    }

    // MARK: Running

    /// A function for each verb; what it runs takes a known share of the time.
    private static let program = """
        import sys, threading
        def seventy(n): return burn(n)
        def twenty(n): return burn(n)
        def ten(n): return burn(n)
        def burn(n):
            x = 0
            for i in range(n): x += i * i
            return x
        class Wörker:
            def laufe(self):
                for i in range(ROUNDS):
                    seventy(140000); twenty(40000); ten(20000)
        def deep(n):
            if n == 0: return Wörker().laufe()
            return deep(n - 1)
        def numbers():
            for _ in range(ROUNDS * 200): yield burn(1000)
        # Each turn is long beside the time from a sample to its reading.
        ROUNDS = 300
        match sys.argv[1]:
            case "plain": Wörker().laufe()
            case "thread":
                thread = threading.Thread(target=Wörker().laufe); thread.start(); thread.join()
            case "deep": sys.setrecursionlimit(2000); deep(800)
            case "through-c": max([1], key=lambda _: sum(numbers()))
        """

    private func run(_ verb: String) throws -> SampledRun {
        let directory = try TemporaryDirectory()
        try directory.file("program.py", Self.program)
        // At this rate the kernel wakes us for each sample. Samples that are read together have one Python stack, and count as
        // one.
        return try SampledRun("\(Self.interpreter) \(directory.path)/program.py \(verb)", frequency: 250)
    }

    /// In percent of the samples, those with all these functions in this order.
    private func share(_ run: SampledRun, of functions: String...) -> Double {
        let has = run.profile.samples.filter { sample in
            var rest = functions[...]
            for function in run.functions(sample) where function == rest.first { rest = rest.dropFirst() }
            return rest.isEmpty
        }
        func weight(_ samples: [ProfileSample]) -> Double { samples.reduce(0) { $0 + Double($1.weight) } }
        return weight(has) / max(1, weight(run.profile.samples)) * 100
    }

    @Test(
        .enabled(if: isThere && mayProfile, "needs Debian's python3.11, and perf"),
        arguments: ["plain", "thread", "deep"])
    func `functions have their shares`(_ verb: String) throws {
        let run = try run(verb)
        let all = share(run, of: "Wörker.laufe")
        #expect(all > 85)
        let taken = run.profile.tally.taken
        #expect(isShare(share(run, of: "Wörker.laufe", "seventy", "burn") / all * 100, 70, of: taken, within: 6))
        #expect(isShare(share(run, of: "Wörker.laufe", "twenty", "burn") / all * 100, 20, of: taken, within: 6))
        #expect(isShare(share(run, of: "Wörker.laufe", "ten", "burn") / all * 100, 10, of: taken, within: 6))
        #expect(share(run, of: "[truncated]") < 1)
    }

    @Test(.enabled(if: isThere && mayProfile, "needs Debian's python3.11, and perf"))
    func `every call of a recursion is there`() throws {
        let run = try run("deep")
        let depths = run.profile.samples.map { sample in run.functions(sample).count { $0 == "deep" } }
        #expect(depths.count { $0 == 801 } * 10 > depths.count * 8)
    }

    @Test(.enabled(if: isThere && mayProfile, "needs Debian's python3.11, and perf"))
    func `Python that C calls stands between native frames`() throws {
        let run = try run("through-c")
        #expect(share(run, of: "<module>", "<lambda>", "numbers", "burn") > 85)
        // What had the address of a function's code before, while modules were imported.
        #expect(share(run, of: "<lambda>", "<module>") == 0)
        let frames = run.profile.frames.filter { $0.function == "burn" }
        #expect(!frames.isEmpty)
        #expect(frames.allSatisfy { $0.language == "python" && $0.kind == .interpreted && $0.module == nil })
        #expect(frames.allSatisfy { (5...8).contains($0.line ?? 0) })
        #expect(frames.allSatisfy { $0.file?.hasSuffix("/program.py") == true })
    }
}
