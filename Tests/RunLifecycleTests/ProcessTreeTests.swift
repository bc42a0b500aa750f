import RunLifecycle
import SentryProtocol
import Testing

private let start = Timestamp(nanoseconds: 1_795_234_329_000_000_000)
private let identity = RunIdentity(seed: Array(0..<16), startedWall: start)
private let job: Int32 = 100

private func at(_ milliseconds: Int64) -> Timestamp { start.advanced(byNanoseconds: milliseconds * 1_000_000) }

private func fork(_ parent: Int32, _ child: Int32, _ time: Int64) -> ProcessEvent {
    .fork(parent: parent, child: child, time: at(time))
}

private func exec(_ pid: Int32, _ name: String, _ time: Int64) -> ProcessEvent {
    .exec(pid: pid, name: name, time: at(time))
}

private func exit(_ pid: Int32, _ time: Int64, _ status: Int32? = nil) -> ProcessEvent {
    .exit(pid: pid, time: at(time), status: status)
}

@Suite struct ProcessTreeTests {
    let rootSpan: SpanID

    init() throws { rootSpan = try #require(SpanID("b0e6f15b45c36b12")) }

    private func spans(_ events: [ProcessEvent], end: Int64 = 1000, limit: Int = 500) -> ProcessTree.Spans {
        var tree = ProcessTree(identity: identity, root: job, rootSpan: rootSpan, limit: limit)
        for event in events { tree.apply(event) }
        return tree.finish(at: at(end))
    }

    /// `name start-end <parent's name`, in order.
    private func shape(_ result: ProcessTree.Spans) -> [String] {
        result.spans.map { span in
            let parent = result.spans.first { $0.id == span.parentID }?.description
            let times = [span.start, span.end].map { String(($0.nanoseconds - start.nanoseconds) / 1_000_000) }
            let parentText = span.parentID == rootSpan ? "job" : parent ?? "nobody"
            return "\(span.description) \(times.joined(separator: "-")) < \(parentText)"
        }
    }

    private let script = [
        exec(job, "sh", 0), fork(job, 101, 10), exec(101, "make", 12), fork(101, 102, 20), exec(102, "cc", 21),
        exit(102, 50, 0), exit(101, 60, 2 << 8), fork(job, 103, 70), exec(103, "sleep", 71), exit(103, 90, 9),
    ]

    @Test func `programs hang on the program that started them`() {
        let result = spans(script)
        #expect(shape(result) == ["make 12-60 < job", "cc 21-50 < make", "sleep 71-90 < job"])
        #expect(result.spans.map(\.status) == [.internalError, .ok, .aborted])
        #expect(result.spans[0].data["process.exit_code"] == 2)
        #expect(result.spans[2].data["process.exit_signal"] == 9)
        #expect(result.spans[0].operation == "process.exec")
        #expect(result.leftOut == 0)
    }

    @Test func `records out of order give the same tree`() {
        let expected = spans(script)
        #expect(spans(script.reversed()) == expected)
        for shift in 1..<script.count {
            #expect(spans(Array(script[shift...] + script[..<shift])) == expected)
        }
    }

    @Test func `a mere fork has no span, its programs hang on its ancestor's`() {
        let result = spans([
            exec(job, "sh", 0), fork(job, 101, 1), fork(101, 102, 2), exec(102, "a", 3), exit(101, 4),
            fork(102, 103, 5),
            fork(103, 104, 6), exec(104, "b", 7),
        ])
        #expect(shape(result) == ["a 3-1000 < job", "b 7-1000 < a"], "what still runs ends with the run")
        #expect(result.spans.map(\.status) == [nil, nil])
    }

    @Test func `a program that replaces itself is followed by another span`() {
        let result = spans([
            exec(job, "sh", 0), exec(job, "python", 5), fork(job, 101, 6), exec(101, "env", 7), exec(101, "perl", 9),
            exit(101, 20),
        ])
        #expect(shape(result) == ["python 5-1000 < job", "env 7-9 < python", "perl 9-20 < python"])
    }

    @Test func `processes outside of the job are ignored`() {
        let result = spans([
            fork(1, 101, 1), exec(101, "other", 2), exec(job, "sh", 3), exit(77, 4), fork(job, job, 5),
            exec(102, "stranger", 6),
        ])
        #expect(result == .none)
    }

    @Test func `a pid that is used again is another process`() {
        let result = spans([
            exec(job, "sh", 0), fork(job, 101, 1), exec(101, "a", 2), exit(101, 3), fork(job, 101, 4),
            exec(101, "b", 5),
            fork(job, 101, 8), exec(101, "c", 9), exit(101, 10), exec(101, "stranger", 11),
        ])
        #expect(shape(result) == ["a 2-3 < job", "b 5-8 < job", "c 9-10 < job"])
        #expect(Set(result.spans.map(\.id)).count == 3)
    }

    @Test func `an orphan still belongs to the job`() {
        let result = spans([
            exec(job, "sh", 0), fork(job, 101, 1), exit(job, 2), exec(101, "daemon", 3), exit(101, 9),
        ])
        #expect(shape(result) == ["daemon 3-9 < job"])
    }

    @Test func `the description is the command line where it is known`() {
        let result = spans([
            exec(job, "sh", 0), fork(job, 101, 1),
            .exec(pid: 101, name: "cp", path: "/bin/cp", arguments: ["cp", "-r", "a"], time: at(2)), fork(job, 102, 3),
            .exec(pid: 102, name: "ls", path: "/bin/ls", time: at(4)), fork(job, 103, 5),
            .exec(pid: 103, name: "true", arguments: [], time: at(6)),
        ])
        #expect(result.spans.map(\.description) == ["cp -r a", "/bin/ls", "true"])
        #expect(result.spans[0].data["process.executable.name"] == "cp")
    }

    @Test func `of too many, the first and the longest stay and the count is exact`() {
        var events = [exec(job, "sh", 0)]
        for number in 0..<Int32(5000) {
            let begin = Int64(number) * 10
            let pid = 1000 + number
            // The last ten take 5 ms, all others 1 ms.
            events += [
                fork(job, pid, begin), exec(pid, "p\(number)", begin), exit(pid, begin + (number >= 4990 ? 5 : 1)),
            ]
        }
        let result = spans(events, end: 60_000, limit: 50)
        #expect(result.spans.count == 50)
        #expect(result.leftOut == 4950)
        let names = Set(result.spans.map(\.description))
        #expect((0..<10).allSatisfy { names.contains("p\($0)") })
        #expect((4990..<5000).allSatisfy { names.contains("p\($0)") })
        #expect(result.spans.map(\.start) == result.spans.map(\.start).sorted())
    }

    @Test func `what hung on a program without a span hangs on its nearest ancestor with one`() {
        var events = [exec(job, "sh", 0)]
        // Short wrappers, each of which leaves a long program behind.
        for number in 0..<Int32(400) {
            let (wrapper, program) = (1000 + 2 * number, 1001 + 2 * number)
            let begin = Int64(number) * 100
            events += [
                fork(job, wrapper, begin), exec(wrapper, "wrapper", begin), fork(wrapper, program, begin),
                exec(program, "program", begin), exit(wrapper, begin + 1), exit(program, begin + 5000),
            ]
        }
        let result = spans(events, end: 100_000, limit: 20)
        let known = Set(result.spans.map(\.id)).union([rootSpan])
        #expect(result.spans.count == 20)
        #expect(result.leftOut == 780)
        #expect(result.spans.allSatisfy { known.contains($0.parentID) })
        #expect(result.spans.contains { $0.description == "program" && $0.parentID == rootSpan })
    }

    @Test func `an ancestor without a span is passed over even when both are over`() {
        let result = spans(
            [
                exec(job, "sh", 0), fork(job, 101, 1), exec(101, "outer", 1), fork(101, 102, 2), exec(102, "inner", 2),
                fork(102, 103, 3), exec(103, "program", 3), exit(101, 4), exit(102, 5), exit(103, 90),
            ], limit: 1)
        #expect(shape(result) == ["program 3-90 < job"])
        #expect(result.leftOut == 2)
    }

    @Test func `times that make no sense do no harm`() {
        var events: [ProcessEvent] = []
        for _ in 0..<200 {
            events += [
                fork(job, 101, 0), exec(101, "a", 0), fork(101, 102, 0), exec(102, "b", 0), fork(102, 101, 0),
                exec(101, "c", 0), exit(101, -5), exit(102, 0),
            ]
        }
        let result = spans(events, end: -10, limit: 5)
        #expect(result.spans.allSatisfy { $0.end >= $0.start })
        #expect(result.spans.count <= 5)
    }
}
