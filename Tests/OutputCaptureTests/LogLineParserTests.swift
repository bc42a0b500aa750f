import SentryProtocol
import Testing

@testable import OutputCapture

private func level(_ line: String) -> LogLevel? { Array(line.utf8).withUnsafeBytes { LogLineParser.level(of: $0) } }

private func parse(_ line: String) -> ReadLine { ReadLine(line) }

@Suite struct LogLineParserTests {
    static let stated: [(String, LogLevel)] = [
        ("ERROR something broke", .error),
        ("ERROR", .error),
        ("error: cannot open file", .error),
        ("error[E0382]: borrow of moved value", .error),
        ("Error: Cannot find module 'x'", .error),
        ("[warn] disk nearly full", .warn),
        ("[ WARN ] disk nearly full", .warn),
        ("[ERROR]: nope", .error),
        ("[E] nope", .error),
        ("WARNING: this is deprecated", .warn),
        ("Warning: this is deprecated", .warn),
        ("WARNING:root:careful", .warn),
        ("CRITICAL:root:it burns", .fatal),
        ("  INFO indented", .info),
        ("DEBUG\ttabbed", .debug),
        ("TRACE x", .trace),
        ("FATAL ERROR: Reached heap limit", .fatal),
        ("Fatal error: Index out of range", .fatal),
        ("PHP Fatal error:  Uncaught Exception", .fatal),
        ("fatal: not a git repository", .fatal),
        ("panic: runtime error: index out of range", .fatal),
        ("NOTICE:  table does not exist, skipping", .info),
        ("E/AndroidRuntime: FATAL EXCEPTION: main", .error),
        ("W: Failed to fetch http://deb", .warn),
        ("E: Unable to locate package x", .error),
        ("E, [2026-11-21T08:00:00.123 #42] ERROR -- : broken", .error),
        ("E0102 15:04:05.678901   12345 file.go:1] broken", .error),
        ("I1121 08:00:00.000000 1 main.go:3] started", .info),
        ("<3>kernel said so", .error),
        ("<0>panic", .fatal),
        ("<30>daemon info", .info),
        ("gcc: error: no input files", .error),
        ("main.c:3:5: warning: unused variable 'x' [-Wunused-variable]", .warn),
        ("Nov 21 08:00:00 host prog[12]: error: broken", .error),
        ("bash: warning: setlocale: LC_ALL", .warn),
        ("2026-11-21 08:00:00,123 - my.module - ERROR - message", .error),
        ("2026-11-21 08:00:00 WARN  [main] c.e.App - message", .warn),
        ("2026-11-21T08:00:00.123Z  INFO 4242 --- [main] c.e.App : Started", .info),
        ("2026-11-21 08:00:00.000 UTC [123] ERROR:  relation does not exist", .error),
        ("2026-11-21 08:00:00.123 | CRITICAL | __main__:<module>:3 - x", .fatal),
        ("2026/11/21 08:00:00 [error] 12#0: *1 open() failed", .error),
        ("08:00:00.123 [main] DEBUG org.app.Main - x", .debug),
        ("[2026-11-21T08:00:00Z ERROR my_crate] x", .error),
        ("[2026-11-21 08:00:00 +0000] [7] [INFO] Listening", .info),
        ("[main] INFO org.app.Main - x", .info),
        ("time=\"2026-11-21T08:00:00Z\" level=warning msg=\"disk full\"", .warn),
        ("level=error msg=x", .error),
        ("ts=1795234329.1 caller=main.go:3 lvl=dbug msg=x", .debug),
        ("{\"level\":\"warn\",\"msg\":\"x\"}", .warn),
        ("{\"level\":50,\"time\":1795234329123,\"msg\":\"x\"}", .error),
        ("{\"a\":{\"level\":\"debug\"},\"b\":[\"}\"],\"severity\":\"ERROR\"}", .error),
        ("{\"version\":\"1.1\",\"short_message\":\"x\",\"level\":3}", .error),
        ("\u{1B}[31mERROR\u{1B}[0m red", .error),
        ("\u{1B}[2m2026-11-21T08:00:00.1Z\u{1B}[0m \u{1B}[33m WARN\u{1B}[0m x", .warn),
    ]

    @Test(arguments: stated)
    func `a line states its level`(line: String, expected: LogLevel) { #expect(level(line) == expected) }

    @Test(arguments: [
        "", " ", "hello world", "processed 12 of 30 errors", "Error opening sentences are prose",
        "information about the error", "Note that this is fine", "LOG rotation finished", "Fine weather today",
        "12345", "12 errors found", "1.5 ERROR", "errors: 0", "no error: all good", "the last error: none",
        "ERRORS found", "INFORMATIONAL", "E", "E/", "EE: x", "[1/3] building", "[debugging]", "<html>", "<>", "<999>x",
        "{", "{}", "{\"msg\":\"no level\"}", "{\"level\":", "{\"level\":\"whatever\"}", "a=b", "level=", "x level=warn",
        "https://example.com/error: x", "2026-11-21", "2026-11-21 08:00:00 the ERRORs",
        "warnings", "Infomercial", "tests: passed=12 failed=0", "panic at the disco", "::::::",
        "Traceback (most recent call last):",
    ])
    func `a line that says nothing has no level`(line: String) { #expect(level(line) == nil) }

    @Test func `no word of a level is passed over by its initial`() { #expect(LevelWord.knowsItsInitials) }

    @Test func `JSON lines give message, time and the rest as attributes`() {
        let parsed = parse(#"{"level":30,"time":1795234329123,"pid":7,"msg":"up é\n","ok":true,"n":1.5,"o":{"a":[1]}}"#)
        #expect(parsed.level == .info)
        #expect(parsed.time == LineTime(unixNanoseconds: 1_795_234_329_123_000_000))
        #expect(parsed.message == "up é\n")
        #expect(parsed.attributes.map(\.name) == ["process.pid", "ok", "n", "o.a"])
        #expect(parsed.attributes.map(\.value) == [7, true, .double(1.5), "[1]"])
    }

    @Test func `logfmt gives message, time and typed attributes`() {
        let parsed = parse(
            #"time=2026-11-21T08:00:00+01:00 level=warn msg="disk \"a\" full" free=12 name="7" ratio=0.5"#)
        #expect(parsed.level == .warn)
        #expect(
            parsed.time?.nanoseconds(near: Timestamp(nanoseconds: 1_795_244_400_000_000_000), localOffset: 0)
                == 1_795_244_400_000_000_000)
        #expect(parsed.message == #"disk "a" full"#)
        #expect(parsed.attributes.map(\.name) == ["free", "ratio", "name"])
        #expect(parsed.attributes.map(\.value) == [12, .double(0.5), "7"])
    }

    @Test func `sd-daemon's priority is no part of the message`() {
        #expect(parse("<4>careful").message == "careful")
        #expect(parse("<4>careful").level == .warn)
    }

    @Test(arguments: [
        #"{"level":"info","msg":"x"} trailing"#, #"{"level":"info" "msg":"x"}"#, #"{"level":"info","msg":"#,
        #"{"level":"info","a":[1,2}"#, #"{"a":1}"#, "a=b c=d", "level=warn and prose",
    ])
    func `what is not wholly structured stays one message`(line: String) {
        #expect(parse(line).message == nil)
        #expect(parse(line).attributes.isEmpty)
    }

    @Test func `every beginning of a line is read without harm`() {
        for (line, _) in Self.stated {
            let bytes = Array(line.utf8)
            for count in 0...bytes.count {
                for patch: UInt8 in [0x00, 0x22, 0x5C, 0x3A, 0x3D, 0x7B, 0xFF] {
                    var mangled = Array(bytes[..<count])
                    mangled.append(patch)
                    mangled.withUnsafeBytes {
                        _ = LogLineParser.level(of: $0)
                        _ = LogLineParser.parse($0)
                    }
                }
            }
        }
    }
}
