import CrashReporting
import SentryProtocol
import Testing

@Suite struct CrashStacksTests {
    private var full: CrashStacks {
        var inner = frame("parse_row<int>(char const*)", 0x1234, line: 41, trust: "context")
        inner.rawFunction = "_Z9parse_rowIiEvPKc"
        inner.symbol = "_Z9parse_rowIiEvPKc"
        inner.module = "rows"
        inner.absolutePath = "/src/rows.c"
        inner.column = 7
        inner.preContext = ["int x;", ""]
        inner.contextLine = "return *row;"
        inner.postContext = ["}"]
        inner.inApp = true
        inner.symbolAddress = imageBase + 0x1200
        inner.imageAddress = imageBase
        inner.platform = "native"
        var stacks = stacks(
            [inner, frame(nil, 0x2000)],
            others: [
                ThreadRecord(id: 4244, name: "idle", main: false, state: "did not stop within 100 ms"),
                ThreadRecord(id: 4242, crashed: false, current: false, main: true),
            ], notes: ["names were cut off after 10 s"])
        stacks.threads[0].stackTrace?.instructionAddressAdjustment = "all_but_first"
        stacks.threads[0].stackTrace?.snapshot = true
        stacks.images.append(
            DebugImage(
                codeFile: "[vdso]", buildID: [], debugID: "0", debugFile: "x.debug", address: .max - 0x1000,
                size: 0x1000,
                preferredAddress: 0x40_0000))
        return stacks
    }

    @Test func `what the backtracer answers is read as it was written`() {
        #expect(CrashStacks(parsing: full.jsonBytes) == full)
    }

    @Test func `a crash is kept with its facts`() throws {
        var facts = segmentationFault(isJob: false)
        facts.senderCommand = "kill -11"
        let crash = RecordedCrash(facts: facts, stacks: full, eventID: "0d0c1b2a39485766b5a4938271605f4e")
        #expect(RecordedCrash(try JSONValue(parsing: crash.jsonBytes)) == crash)
    }

    @Test func `every beginning of an answer is refused`() {
        let bytes = full.jsonBytes
        for count in 0..<bytes.count { #expect(CrashStacks(parsing: bytes.prefix(count)) == nil) }
    }

    @Test(arguments: ["null", "[]", "{}", #"{"threads":3}"#, "nonsense"])
    func `anything else is no answer`(text: String) { #expect(CrashStacks(parsing: text.utf8) == nil) }

    @Test func `what is malformed inside is left out`() throws {
        let text = #"""
            {"threads":[{"name":"no id"},{"id":7,"stacktrace":{"frames":[{},{"lineno":-3,"function":"f"},
            {"instruction_addr":"0xzz","filename":"a.c"},{"instruction_addr":"-5"}],"registers":{"pc":"0x10","sp":5}}}],
            "images":[{"code_file":"x"}]}
            """#
        let stacks = try #require(CrashStacks(parsing: text.utf8))
        #expect(stacks.threads.map(\.id) == [7])
        let trace = try #require(stacks.subject?.stackTrace)
        #expect(trace.frames.map(\.function) == ["f", nil])
        #expect(trace.frames.map(\.line) == [nil, nil])
        #expect(trace.registers == ["pc": 0x10])
        #expect(stacks.images.isEmpty)
    }

    @Test func `a record of a thousand threads is bounded`() {
        let frames = (0..<300).map { frame("function_with_a_long_name_\($0)", UInt64($0), line: $0 + 1) }
        let others = (0..<1000).map { ThreadRecord(id: 5000 + $0, stackTrace: StackTrace(frames: frames)) }
        let crash = RecordedCrash(facts: segmentationFault(), stacks: stacks(frames, others: others)).bounded(
            to: 4 << 20)
        #expect(crash.jsonBytes.count <= 4 << 20)
        #expect(crash.stacks.subject?.stackTrace?.frames.count == 300)
        #expect(crash.stacks.threads.count >= 256)
    }
}
