import CrashReporting
import SentryProtocol
import Testing

@Suite struct CrashTextTests {
    private func lines(_ stacks: CrashStacks, facts: ProcessCrash = segmentationFault()) -> [String] {
        CrashText(RecordedCrash(facts: facts, stacks: stacks)) { _, text in text }.lines
    }

    @Test func `a crash reads as in a debugger`() {
        var inner = frame("parse_row", 0x1234, line: 41, trust: "context")
        inner.preContext = ["int parse_row(char *row)", "{"]
        inner.contextLine = "\treturn *row;"
        inner.postContext = ["}"]
        inner.inApp = true
        let inlined = frame("next", 0x1100, line: 12)
        let caller = frame("main", 0x1100, line: 70)
        #expect(
            lines(stacks([inner, inlined, caller, frame(nil, 0x2000, trust: "scan")], notes: ["a note"])) == [
                "importer (pid 4242) crashed with SIGSEGV: null pointer dereference at 0x10",
                "  it accessed 0x10: inferred from an address that small, a member of what a null pointer points to",
                "  SEGV_MAPERR, address 0x10, 1 thread, stood still for 1.3 ms to be read",
                "",
                "Thread 4243 \"worker\", crashed",
                "  #0   parse_row (rows.c:41) in importer+0x1234",
                "        39 │ int parse_row(char *row)",
                "        40 │ {",
                "      > 41 │     return *row;",
                "        42 │ }",
                "  #1   next (rows.c:12) inlined",
                "  #2   main (rows.c:70) in importer+0x1100",
                "  #3   ?? in importer+0x2000 [guessed: a word on the stack that looks like a return address]",
                "",
                "Registers",
                "  rip    0x55d0c0de1234",
                "  zero: rax",
                "",
                "  - a note",
            ])
    }

    @Test func `recursion is folded`() {
        let cycle = [frame("even", 0x1000, line: 3), frame("odd", 0x1100, line: 7)]
        let recursion = (0..<5000).map { cycle[$0 % 2] }
        let shown = lines(stacks([frame("leaf", 0x900)] + recursion + [frame("main", 0x800)]))
        let stack = shown.filter { $0.contains("#") || $0.contains("…") }
        #expect(
            stack == [
                "  #0   leaf in importer+0x900", "  #1   even (rows.c:3) in importer+0x1000",
                "  #2   odd (rows.c:7) in importer+0x1100", "       … 4998 more frames like the 2 above",
                "  #5001 main in importer+0x800",
            ])
    }

    @Test func `a single function's recursion says so, and is no inlining`() {
        let shown = lines(stacks((0..<10).map { _ in frame("down", 0x1000, line: 3) }))
        #expect(shown.contains("  #0   down (rows.c:3) in importer+0x1000"))
        #expect(shown.contains("       … 9 more frames like the one above"))
    }

    @Test func `threads in the same place are told together`() {
        let idle = StackTrace(frames: [frame("start", 0x100), frame("wait", 0x200)])
        let others =
            [ThreadRecord(id: 4242, name: "main", state: "S", stackTrace: StackTrace(frames: [frame("join", 0x300)]))]
            + (0..<12).map { ThreadRecord(id: 5000 + $0, name: "pool", stackTrace: idle) }
            + [ThreadRecord(id: 6000, name: "stuck", state: "did not stop within 100 ms")]
        let shown = lines(stacks([frame("f", 0x10)], others: others))
        let place = shown.firstIndex { $0.hasPrefix("12 threads: 5000 pool, 5001 pool") } ?? 0
        #expect(place > 0)
        #expect(shown[place].hasSuffix(" … and 4 more"))
        #expect(shown[place + 1] == "  #0   wait in importer+0x200")
        #expect(shown.firstIndex(of: "Thread 4242 \"main\", S") ?? 0 > place)
        #expect(shown.contains("Thread 6000 \"stuck\", did not stop within 100 ms"))
        #expect(shown.contains("  no stack"))
    }

    @Test func `every piece of the job's text goes through the painter`() {
        var hostile = frame("\u{1B}[2Jf", 0x10, line: 1)
        hostile.contextLine = "\u{1B}[2J"
        var facts = segmentationFault()
        facts.name = "\u{1B}[2J"
        facts.executable = ""
        let crash = RecordedCrash(facts: facts, stacks: stacks([hostile], notes: ["\u{1B}[2J"]))
        let text = CrashText(crash) { _, text in String(text.filter { $0 != "\u{1B}" }) }.lines.joined()
        #expect(!text.contains("\u{1B}"))
    }

    @Test func `a process without stacks is told by its facts`() {
        let shown = lines(CrashStacks(notes: ["not traced"]))
        #expect(shown.first == "importer (pid 4242) crashed with SIGSEGV: null pointer dereference at 0x10")
        #expect(shown.last == "  - not traced")
    }
}
