import CrashReporting
import SentryProtocol
import Testing

@Suite struct CrashEventTests {
    private let rules = InAppRules(executable: "/srv/app/importer")

    private func child(_ facts: ProcessCrash, _ stacks: CrashStacks) throws -> Event {
        let id = try #require(EventID("0d0c1b2a39485766b5a4938271605f4e"))
        return CrashEvent.make(RecordedCrash(facts: facts, stacks: stacks), job: "nightly", rules: rules, id: id)
    }

    @Test func `a child's crash has the exception, the threads and the images that Sentry wants`() throws {
        let other = ThreadRecord(id: 4242, name: "importer", stackTrace: StackTrace(frames: [frame("wait", 0x900)]))
        let event = try child(
            segmentationFault(isJob: false),
            stacks([frame("parse_row", 0x1234), frame("main", 0x1000)], others: [other], notes: ["a note"]))
        #expect(event.level == .fatal)
        #expect(event.platform == "native")
        #expect(event.transaction == "nightly")
        #expect(event.debugImages == [importer])
        #expect(event.fingerprint.isEmpty)
        let exception = try #require(event.exceptions.first)
        #expect(exception.type == "SIGSEGV")
        #expect(exception.value == "null pointer dereference at 0x10")
        #expect(exception.threadID == 4243)
        #expect(exception.stackTrace?.frames.map(\.function) == ["main", "parse_row"])
        #expect(exception.stackTrace?.instructionAddressAdjustment == "all_but_first")
        #expect(exception.stackTrace?.registers["rip"] == imageBase + 0x1234)
        #expect(exception.stackTrace?.frames.allSatisfy { $0.inApp == true } == true)
        let mechanism = try #require(exception.mechanism)
        #expect(mechanism.type == "signalhandler")
        #expect(mechanism.handled == false)
        #expect(mechanism.synthetic == true)
        #expect(mechanism.signal == Mechanism.Signal(number: 11, name: "SIGSEGV", code: 1, codeName: "SEGV_MAPERR"))
        #expect(event.threads.map(\.id) == [4243, 4242])
        #expect(event.threads.map(\.crashed) == [true, nil])
        #expect(event.threads.map(\.main) == [nil, true])
        #expect(event.threads[0].stackTrace == nil)
        #expect(event.threads[1].stackTrace?.frames.count == 1)
        #expect(
            event.tags == [
                "exit.reason": "crashed", "exit.signal": "SIGSEGV", "crash.process": "importer",
                "crash.kind": "null_pointer", "crash.child": "true",
            ])
        #expect(event.contexts["process"]?["command_line"] == "importer --all")
        #expect(event.contexts["process"]?["parent_pid"] == 4000)
        #expect(event.contexts["crash"]?["address"] == "0x10")
        #expect(event.contexts["crash"]?["stopped_ms"]?.number == 1.25)
        #expect(event.contexts["crash"]?["notes"] == ["a note"])
    }

    @Test func `the job's own crash goes into the run's event`() throws {
        let facts = segmentationFault()
        var evidence = Evidence(jobName: "nightly", ending: .signaled(11, coreDumped: false))
        evidence.crash = facts
        let verdict = Verdict(evidence)
        #expect(
            verdict.summary == "nightly crashed with SIGSEGV (segmentation fault), null pointer dereference at 0x10")
        let id = try #require(EventID("0d0c1b2a39485766b5a4938271605f4e"))
        var event = FailureEvent.make(verdict, evidence, id: id, timestamp: facts.time)
        CrashEvent.attach(
            RecordedCrash(facts: facts, stacks: stacks([frame("parse_row", 0x1234)])), to: &event, rules: rules)
        #expect(event.exceptions.count == 1)
        #expect(event.exceptions.first?.value == "null pointer dereference at 0x10")
        #expect(event.exceptions.first?.stackTrace != nil)
        #expect(event.tags["crash.child"] == nil)
        #expect(event.contexts["exit"] != nil)
    }

    @Test func `a crash without a stack still tells what the kernel told`() throws {
        let event = try child(segmentationFault(isJob: false), CrashStacks(notes: ["the job is not traced"]))
        #expect(event.exceptions.first?.stackTrace == nil)
        #expect(event.exceptions.first?.threadID == 4243)
        #expect(event.fingerprint == ["sentry-run", "nightly", "fatal_signal", "importer", "SIGSEGV"])
    }

    @Test func `a run that took too long shows its stacks and keeps its words`() throws {
        var facts = segmentationFault()
        facts.reason = .timeout
        facts.signal = 0
        facts.signalInfo = nil
        facts.explain(CrashStacks(), maps: "", errorLines: [])
        var evidence = Evidence(jobName: "nightly", ending: .signaled(15, coreDumped: false))
        evidence.timeoutStage = 1
        evidence.timeout = 90_000_000_000
        let id = try #require(EventID("0d0c1b2a39485766b5a4938271605f4e"))
        var event = FailureEvent.make(Verdict(evidence), evidence, id: id, timestamp: facts.time)
        CrashEvent.attach(
            RecordedCrash(facts: facts, stacks: stacks([frame("wait_for_rows", 0x1234)])), to: &event, rules: rules)
        let exception = try #require(event.exceptions.first)
        #expect(exception.type == "ProcessTimeout")
        #expect(exception.value == "nightly ran longer than its limit of 90 s")
        #expect(exception.mechanism?.type == "auto.process.timeout")
        #expect(exception.stackTrace?.snapshot == true)
        #expect(event.threads.first?.crashed == nil)
        #expect(event.fingerprint == ["sentry-run", "nightly", "timed_out"])
    }

    @Test func `a hang is a warning about a process that lives on`() throws {
        var facts = segmentationFault(isJob: false)
        facts.reason = .hang
        facts.signal = 0
        facts.signalInfo = nil
        facts.explain(CrashStacks(), maps: "", errorLines: [])
        let event = try child(facts, stacks([frame("wait_for_rows", 0x1234)]))
        #expect(event.level == .warning)
        #expect(event.exceptions.first?.type == "ProcessHang")
        #expect(event.exceptions.first?.value == "importer hangs")
        #expect(event.exceptions.first?.mechanism?.handled == true)
        #expect(event.exceptions.first?.mechanism?.type == "auto.process.hang")
        #expect(event.tags["exit.reason"] == "hang")
        #expect(event.fingerprint == ["sentry-run", "nightly", "hang", "importer"])
    }

    @Test func `a signal from elsewhere is no crash`() throws {
        var facts = segmentationFault(isJob: false)
        facts.signalInfo = SignalInfo(signal: 11, code: 0, detail: .sent(process: 812, user: 0))
        facts.senderCommand = "watchdog"
        facts.explain(CrashStacks(), maps: "", errorLines: [])
        let event = try child(facts, stacks([frame("parse_row", 0x1234)]))
        #expect(event.level == .error)
        #expect(event.tags["exit.reason"] == "killed")
        #expect(event.exceptions.first?.mechanism?.type == "auto.process.exit_signal")
        #expect(event.contexts["crash"]?["sender"] == "watchdog")
        #expect(event.fingerprint == ["sentry-run", "nightly", "fatal_signal", "importer", "SIGSEGV"])
    }

    // MARK: Grouping

    @Test func `stacks without names are grouped by places that ASLR does not move`() throws {
        func fingerprint(base: UInt64) throws -> [String] {
            var stacks = stacks([frame(nil, 0x1234), frame(nil, 0x1000)])
            stacks.images[0].address = base
            let frames = stacks.threads[0].stackTrace?.frames.count ?? 0
            for index in 0..<frames {
                let address = stacks.threads[0].stackTrace?.frames[index].instructionAddress ?? 0
                stacks.threads[0].stackTrace?.frames[index].instructionAddress = address - imageBase + base
            }
            return try child(segmentationFault(), stacks).fingerprint
        }
        let first = try fingerprint(base: imageBase)
        #expect(first == ["sentry-run", "nightly", "crashed", "SIGSEGV", "importer+0x1234", "importer+0x1000"])
        #expect(try fingerprint(base: 0x7F00_0000_0000) == first)
    }

    @Test func `a recursion without names is one group, wherever it overflows`() throws {
        var facts = segmentationFault()
        facts.explanation = CrashExplanation(kind: .stackOverflow, title: "stack overflow", sentence: "")
        let cycle = [frame(nil, 0x1234), frame(nil, 0x1300)]
        let first = try child(facts, stacks(Array((0..<20).map { cycle[$0 % 2] })))
        let second = try child(facts, stacks(Array((1..<22).map { cycle[$0 % 2] })))
        #expect(first.fingerprint == second.fingerprint)
        #expect(first.fingerprint.suffix(2) == ["importer+0x1234", "importer+0x1300"])
    }

    @Test func `guessed frames make no group`() throws {
        let event = try child(
            segmentationFault(), stacks([frame(nil, 0x1234), frame("stale", 0x2000, trust: "scan")]))
        #expect(event.fingerprint == ["sentry-run", "nightly", "crashed", "SIGSEGV", "importer+0x1234"])
    }

    // MARK: Size

    @Test func `of a deep stack both ends are kept`() throws {
        let frames = (0..<1000).map { frame("f\($0)", UInt64($0)) }
        let event = try child(segmentationFault(), stacks(frames))
        let kept = try #require(event.exceptions.first?.stackTrace?.frames)
        #expect(kept.count == 250)
        #expect(kept.last?.function == "f0")
        #expect(kept.first?.function == "f999")
        #expect(kept[50].function == "f199")
        #expect(event.contexts["crash"]?["notes"] == ["of 1000 frames the oldest 50 and the newest 200 are kept"])
    }

    @Test(arguments: [64, 2000]) func `an event stays below what the server takes`(threads: Int) throws {
        let frames = (0..<250).map { number in
            var frame = frame("a_function_of_some_length_\(number)", UInt64(number * 16), line: number + 1)
            frame.preContext = Array(repeating: "        call(something, else);", count: 5)
            frame.contextLine = "        call(something, else);"
            frame.postContext = frame.preContext
            return frame
        }
        let others = (0..<threads).map { ThreadRecord(id: 5000 + $0, stackTrace: StackTrace(frames: frames)) }
        let event = try child(segmentationFault(), stacks(frames, others: others))
        #expect(event.jsonBytes.count < 920 << 10)
        #expect(event.exceptions.first?.stackTrace?.frames.count == 250)
        #expect(event.exceptions.first?.stackTrace?.frames.last?.contextLine != nil)
        #expect(
            event.contexts["crash"]?["notes"]?.array?.first
                == "left out to keep the event small: source lines of other threads")
    }

    // MARK: In-app

    @Test(
        arguments: [
            ("parse_row", "/srv/app/importer", nil, true), ("parse_row", "/opt/app/lib/librows.so", nil, true),
            (nil, "/usr/lib/x86_64-linux-gnu/libc.so.6", nil, false), (nil, "[vdso]", nil, false),
            ("poll", "/lib64/ld-linux-x86-64.so.2", nil, false), ("f", "/opt/app/lib/libstdc++.so.6", nil, false),
            ("f", "/srv/swift/libswiftCore.so", nil, false), ("abort", "/srv/app/importer", nil, false),
            ("_start", "/srv/app/importer", nil, false), ("__libc_start_main_impl", "/srv/app/importer", nil, false),
            ("std::vector<Row>::at(unsigned long)", "/srv/app/importer", nil, false),
            ("void std::sort<Row*>(Row*, Row*)", "/srv/app/importer", nil, false),
            ("Table<std::string> load<int>(char const*)", "/srv/app/importer", nil, true),
            ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "/srv/app/importer", nil, false),
            ("core::panicking::panic", "/srv/app/importer", nil, false),
            ("runtime.main", "/srv/app/importer", nil, false),
            ("main.main", "/srv/app/importer", nil, true),
            ("Swift.Array.subscript.getter", "/srv/app/importer", nil, false),
            ("closure #1 in load(rows: Int) -> ()", "/srv/app/importer", nil, true),
            ("swap", "/srv/app/importer", "/usr/include/c++/12/bits/move.h", false),
            ("jit_function", nil, nil, true), (nil, nil, nil, false), (nil, "/srv/app/importer", nil, true),
        ] as [(String?, String?, String?, Bool)])
    func `frames are the application's or not`(function: String?, package: String?, source: String?, expected: Bool) {
        var frame = Frame(function: function)
        frame.package = package
        frame.absolutePath = source
        #expect(rules.isInApp(frame) == expected)
    }

    @Test func `what people say about frames comes first`() {
        var rules = InAppRules(
            include: ["/usr/lib/ours/", "std::our"], exclude: ["/srv/app/vendor/", "vendor_"],
            executable: "/usr/bin/rsync")
        func isInApp(_ function: String?, _ package: String) -> Bool {
            var frame = Frame(function: function)
            frame.package = package
            return rules.isInApp(frame)
        }
        #expect(isInApp(nil, "/usr/lib/ours/a.so"))
        #expect(isInApp("std::our_allocator", "/srv/x"))
        #expect(!isInApp("f", "/srv/app/vendor/a.so"))
        #expect(!isInApp("vendor_f", "/usr/bin/rsync"))
        #expect(isInApp("f", "/usr/bin/rsync"))
        rules.include.append("vendor_f")
        #expect(isInApp("vendor_f", "/usr/bin/rsync"))
    }
}
