import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

private let whole = [
    "python/chained.3.13", "java/Chained.17", "go/panic.1.19-all", "rust/panic.1.95-backtrace-1",
]

/// The corpus under what loggers, containers and other writers do to lines.
@Suite struct DetectorTests {
    private func outlines(_ name: String) throws -> [String] { try Recording(name: name).exceptions().map(\.outline) }

    private func lines(_ name: String) throws -> [String] {
        String(decoding: try Recording(name: name).output, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test(arguments: whole, [1, 7, 64, 4096])
    func `how the bytes arrive makes no difference`(_ name: String, _ chunk: Int) throws {
        let recording = Recording(name: name)
        #expect(recognise(try recording.output, chunk: chunk).map(\.outline) == (try outlines(name)))
    }

    @Test(
        arguments: whole + ["ruby/cause.3.1", "php/previous.8.2", "python/group.3.13"],
        [
            "app_1  | ", "2026-11-28T07:13:35.%d Z app[7]: ", "Nov 28 07:13:%d host app[4711]: ", "[web-%d] ",
            "E1128 07:13:3%d 1 main.go:7] ",
        ])
    func `a prefix before every line is no part of it`(_ name: String, _ prefix: String) throws {
        let text = try lines(name).enumerated().map { index, line in
            let number = String(10 + index % 7 * 11)
            return prefix.split(separator: "%d", omittingEmptySubsequences: false).joined(separator: number) + line
        }
        let found = recognise(text.joined(separator: "\n") + "\n")
        #expect(found.map(\.outline) == (try outlines(name)))
        #expect(found.allSatisfy { $0.isLogged })
    }

    @Test func `a traceback that was over is not the reason of the next, whose own was never raised`() throws {
        let printed = [
            "Traceback (most recent call last):", "  File \"/app/main.py\", line 10, in <module>", "    1 / 0",
            "ZeroDivisionError: division by zero",
        ]
        let found = recognise((printed + (try lines("python/never_raised.3.11"))).joined(separator: "\n") + "\n")
        #expect(found.map { $0.links.map(\.type) } == [["ZeroDivisionError"], ["KeyError", "ValueError"]])
        #expect(found.first?.raised.value == "division by zero")
        #expect(found.map(\.outline).suffix(1) == (try outlines("python/never_raised.3.11"))[...])
    }

    @Test func `containers that write at the same time are told apart`() throws {
        let python = try lines("python/chained.3.13").map { "worker_1 | " + $0 }
        let go = try lines("go/panic.1.19-all").map { "api_2    | " + $0 }
        var text: [String] = []
        for index in 0..<max(python.count, go.count) {
            if index < python.count { text.append(python[index]) }
            if index < go.count { text.append(go[index]) }
        }
        let found = recognise(text.joined(separator: "\n") + "\n").map(\.outline)
        #expect(Set(found) == Set(try outlines("python/chained.3.13") + outlines("go/panic.1.19-all")))
    }

    @Test func `the streams have each their own state`() throws {
        let python = try lines("python/chained.3.13")
        var recorder = OutputRecorder(
            tailLines: 10, selection: .none,
            batch: LogBatch(traceID: try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe")), spanID: nil))
        let wall = Timestamp(nanoseconds: 1)
        func feed(_ text: String, _ stream: CapturedStream, _ recorder: inout OutputRecorder) {
            Array(text.utf8).withUnsafeBytes {
                _ = recorder.feed($0, from: stream, wall: wall, now: MonotonicTime(nanoseconds: 1))
            }
        }
        for line in python {
            feed(line + "\n", .standardError, &recorder)
            feed("progress \(line.count)\n", .standardOutput, &recorder)
        }
        _ = recorder.finish(wall: wall, now: MonotonicTime(nanoseconds: 1))
        let found = recorder.takeExceptions()
        #expect(found.map(\.outline) == (try outlines("python/chained.3.13")))
        #expect(found.map(\.stream) == [.standardError])
        #expect(found.first.map { $0.lines.upperBound } == python.count)
    }

    @Test func `an exception in a field of a structured line`() throws {
        for name in ["python/library.3.13", "java/Chained.17", "node/logged.20"] {
            let text = try lines(name).joined(separator: "\n")
            let json = JSONValue.object([
                .init("level", "error"), .init("message", "it failed"),
                .init("nested", .object([.init("stack", .string(text))])),
            ])
            let found = recognise(String(decoding: json.jsonBytes, as: UTF8.self) + "\n")
            #expect(found.map(\.outline) == (try outlines(name)), "\(name)")
            #expect(found.allSatisfy { $0.isLogged })
        }
    }

    @Test func `colours are no part of it`() throws {
        let text =
            try lines("python/library.3.13").map { "\u{1B}[31m" + $0 + "\u{1B}[0m" }.joined(separator: "\n") + "\n"
        #expect(recognise(text).map(\.outline) == (try outlines("python/library.3.13")))
    }

    @Test func `secrets are removed before anything is kept`() throws {
        let found = recognise(
            """
            Traceback (most recent call last):
              File "main.py", line 3, in <module>
                connect(password="hunter2hunter2")
            RuntimeError: cannot log in with password=hunter2hunter2

            """)
        let exception = try #require(found.first)
        #expect(!exception.outline.contains("hunter2"))
        #expect(exception.raised.frames.first?.contextLine?.contains("hunter2") == false)
    }

    @Test func `one that ends a program is found without a newline at the end`() throws {
        #expect(
            recognise("Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: x").count == 1)
    }

    @Test func `two in a row are two`() throws {
        let output = try Recording(name: "python/library.3.13").output
        #expect(recognise(output + output).count == 2)
        let java = try Recording(name: "java/Chained.17").output
        #expect(recognise(java + java + output).map(\.platform) == ["java", "java", "python"])
    }
}

/// Nothing that a program prints stops us, or costs more than its length.
@Suite struct HostileExceptionTests {
    @Test(arguments: Recording.all())
    func `truncated and damaged output is survived`(_ recording: Recording) throws {
        let output = Array(try recording.output.prefix(6000))
        for cut in stride(from: 0, to: output.count, by: max(1, output.count / 16)) {
            _ = recognise(Array(output[..<cut]))
        }
        var random = SplitMix(seed: UInt64(output.count))
        for _ in 0..<12 {
            var damaged = output
            for _ in 0..<(1 + output.count / 50) where !damaged.isEmpty {
                let place = Int(random.next() % UInt64(damaged.count))
                switch random.next() % 4 {
                case 0: damaged[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: damaged.remove(at: place)
                case 2: damaged.insert(contentsOf: Array("\n:(|+-> at".utf8), at: place)
                default: damaged.append(contentsOf: damaged[place...].prefix(40))
                }
            }
            for exception in recognise(damaged) {
                #expect(exception.links.count <= RecognisedException.maximumLinks)
                #expect(exception.links.allSatisfy { $0.type != nil || $0.value != nil })
            }
        }
    }

    @Test(arguments: [
        ("Traceback (most recent call last):\n", "  File \"a.py\", line 1, in f\n    x\n", "ValueError: x\n"),
        (
            "",
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nE: x\n\nDuring handling of the above exception, another exception occurred:\n\n",
            "\n"
        ),
        (
            "  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 1, in f\n  | ExceptionGroup: x\n",
            "  +-+---------------- 1 ----------------\n    | E: x\n", "\n"
        ),
        (
            "java.lang.Error: x\n\tat a.B.c(B.java:1)\n",
            "Caused by: java.lang.Error: x\n\tat a.B.c(B.java:1)\n\t... 99 more\n", "\n"
        ),
        ("java.lang.Error: x\n\tat a.B.c(B.java:1)\n", "\tat a.B.c(B.java:1)\n", "\n"),
        ("panic: x\n\ngoroutine 1 [running]:\n", "main.f()\n\t/a.go:1 +0x1\n\ngoroutine 2 [running]:\n", "\n"),
        ("Error: x\n    at f (a.js:1:1) {\n", "  [cause]: Error: x\n      at f (a.js:1:1) {\n", "}\n"),
        ("Unhandled exception. A.B: x\n", " ---> A.C: x\n   at A.B.c() in /a.cs:line 1\n", "\n"),
        ("thread 'main' panicked at a.rs:1:1:\nx\nstack backtrace:\n", "   0: a::b\n             at a.rs:1:1\n", "\n"),
        (
            "PHP Fatal error:  Uncaught E: x in /a.php:1\nStack trace:\n",
            "#0 /a.php(1): f()\n\nNext E: x in /a.php:1\nStack trace:\n", "\n"
        ),
        ("a.rb:1:in `f': x (E)\n", "\tfrom a.rb:1:in `f'\n", "\n"),
        ("x at a.pl line 1.\n", "\ta::b(1) called at a.pl line 1\n", "\n"),
        ("{\"stack\":\"Traceback (most recent call last):", "\\n  File \\\"a.py\\\", line 1, in f", "\"}\n"),
    ])
    func `endless repetition stays bounded`(_ head: String, _ unit: String, _ tail: String) {
        let text = head + String(repeating: unit, count: 10_000) + tail
        for exception in recognise(text) {
            #expect(exception.links.count <= RecognisedException.maximumLinks)
            #expect(exception.raised.frames.count <= 1200)
            #expect(exception.threads.count <= 512)
        }
    }

    @Test(arguments: [
        "(", "[", "at ", ": ", "Error: ", "panic: ", "\\", "{\"a\":", "<", "::", "in `", " line 1", "…", "\u{1B}[",
    ])
    func `a long line of one text`(_ unit: String) {
        let line = String(repeating: unit, count: (1 << 18) / unit.utf8.count)
        for opening in [
            "", "Traceback (most recent call last): ", "\tat ", "panic: ", "Exception in thread \"",
            "thread 'a' panicked at ",
        ] {
            _ = recognise(opening + line + "\n" + opening + line + "\n")
        }
    }
}

/// What no exception is: every kind of ordinary line, made from a seed, none of them recognised.
@Suite struct OrdinaryOutputTests {
    @Test func `ordinary logs have no exceptions`() {
        var logs = OrdinaryLogs(seed: 17)
        let bytes = logs.bytes(count: 2 << 20)
        let found = recognise(bytes)
        #expect(found.isEmpty, "\(found.prefix(5).map(\.outline))")
    }
}

struct SplitMix {
    var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func pick<Element>(_ all: [Element]) -> Element { all[Int(next() % UInt64(all.count))] }
    mutating func number(_ limit: UInt64) -> UInt64 { next() % limit }
}

/// Lines as servers, build tools, shells and people write them, with the words that exceptions have, too.
struct OrdinaryLogs {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    private static let words = [
        "error", "Error:", "exception", "Exception", "panic", "fatal", "failed", "line", "line 12", "at", "in", "from",
        "thread",
        "caused by", "trace", "traceback", "stack", "goroutine", "main", "File", "module", "unhandled", "uncaught",
        "warning:",
        "the", "request", "took", "user", "could not", "connect", "to", "database", "retrying", "timeout", "order",
        "cache", "of",
        "java.lang", "com.shop.Order", "main.go:12", "app.py", "/srv/app/main.rb", "node:internal", "std::vector",
        "0x7f3a2c01",
        "src/main.rs:9:30", "config.yml line 3", "[ok]", "{}", "=>", "-->", "| 12", "100%", "null", "nil", "undefined",
    ]
    private static let prefixes = [
        "", "", "INFO ", "2026-11-28 07:13:35,120 ERROR app: ", "[warn] ", "app_1  | ",
        "{\"level\":\"error\",\"msg\":\"", "    ",
        "\t", "  ", "E1128 07:13:35.1 1 main.go:7] ", "time=2026 level=error msg=\"", "<3>", "ERROR: ", "Error: ",
        "fatal: ",
        "main.c:3:7: error: ", "npm ERR! ", "10.0.0.1 - - [28/Nov/2026] \"GET / HTTP/1.1\" 500 ", "#0 ", "> ", "  at ",
        "   at ",
        "Caused by: ", "at ", "panic: ", "thread main: ", "Exception: ", "note: ",
    ]

    mutating func bytes(count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 256)
        while bytes.count < count {
            let prefix = random.pick(Self.prefixes)
            bytes += prefix.utf8
            for index in 0..<(1 + random.number(12)) {
                if index > 0 { bytes.append(0x20) }
                if random.number(6) == 0 {
                    bytes += String(random.number(100_000)).utf8
                } else {
                    bytes += random.pick(Self.words).utf8
                }
            }
            if prefix.utf8.last == UInt8(ascii: "\"") { bytes += (prefix.hasPrefix("{") ? "\"}" : "\"").utf8 }
            bytes.append(0x0A)
        }
        return bytes
    }
}
