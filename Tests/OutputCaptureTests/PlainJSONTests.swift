// The short way from a plain line of JSON to its record must say what the long way says.

import SentryProtocol
import Testing

@testable import OutputCapture

@Suite struct PlainJSONTests {
    private static let keys = [
        "level", "lvl", "levelname", "levelno", "severity", "severityNumber", "time", "ts", "@timestamp", "msg",
        "message", "event", "name", "logger", "logger_name", "caller", "source", "thread", "pid", "err", "error",
        "stack",
        "fields", "context", "state", "log", "stream", "body", "@mt", "target", "v", "row", "a", "b", "",
        "sentry.origin",
        "sentry.x", "line.continued", "password", "otp", "token", "api_key", "user", "username", "email", "client_ip",
        "k\\u0065y", "é", "a_key_that_is_longer_than_most", "code.file.path",
    ]
    private static let values = [
        "\"info\"", "\"WARN\"", "\"INFO+2\"", "30", "50", "\"E\"", "\"no level\"", "1795852580.25", "1795852580123",
        "\"2026-11-28T07:56:40.123Z\"", "\"2026-11-28 07:56:39,5\"", "9999999999", "\"imported a row\"", "\"\"",
        "\"x\"",
        "\"importer/rows.go:117\"", "\"a.go:007\"", "\"main.c:\"", "true", "false", "null", "tru", "NaN", "0", "-0",
        "-1",
        "007", "1.5", "1.50", "0.001", "0.0001", "1e5", "-12.25", "123456789012345678", "12345678901234567890", "1.",
        ".5",
        "+5", "1.2.3", "0.1234567890123456", "\"hunter2\"", "\"password=hunter2\"", "\"4111 1111 1111 1111\"",
        "\"4111111111111111\"", "\"bob@example.com\"", "\"10.1.2.3\"", "\"93.184.216.34\"", "\"/home/bob/x\"",
        "\"Bearer abcdefghijklmnop\"", "\"a\\nb\"", "\"\\\"\"", "\"é\"", "\"\u{7}\"", "[1,2]", "{\"a\":1}", "{}",
        "{\"level\":\"x\",\"password\":\"y\",\"b\":{\"c\":{\"d\":{\"e\":1},\"f\":[true]},\"otp\":7}}",
        "{\"a\":null,\"b\":\"x\\ny\",\"c\":1.50,\"k\\u0065y\":1}", "{\"a\":{\"b\":{\"c\":[{\"d\":\"hunter2\"}]}}}",
        "\"[Filtered]\"",
        "\"\(String(repeating: "word ", count: 300))\"", "123456",
    ]

    private func line(_ random: inout some RandomNumberGenerator) -> String {
        var members: [String] = []
        for _ in 0..<Int.random(in: 0...Int.random(in: 0...26, using: &random), using: &random) {
            let key = Self.keys.randomElement(using: &random) ?? ""
            let blank = Int.random(in: 0..<8, using: &random) == 0 ? " " : ""
            members.append("\"\(key)\":\(blank)\(Self.values.randomElement(using: &random) ?? "1")")
        }
        return "{" + members.joined(separator: Bool.random(using: &random) ? "," : ", ") + "}"
    }

    private func read(_ line: String, _ habits: inout StreamHabits, _ scrubber: Scrubber) -> ShownRecord {
        Array(line.utf8).withUnsafeBytes {
            ShownRecord(
                LogRecord(
                    $0, from: .standardOutput, at: Timestamp(nanoseconds: 1_795_852_590_000_000_000), sequence: 3,
                    habits: &habits, scrubber: scrubber))
        }
    }

    @Test(arguments: 0..<8)
    func `records of made-up lines are the same`(seed: UInt64) {
        var random = SeededNumbers(state: seed &* 7919 + 3)
        let rules = ScrubRules(removesPersonalData: seed % 2 == 0, allowedKeys: seed % 4 < 2 ? [] : ["otp", "token"])
        let (short, long) = (Scrubber(rules), Scrubber(rules))
        var (habits, others) = (StreamHabits(), StreamHabits())
        for _ in 0..<2500 {
            let line = line(&random)
            let record = read(line, &habits, short)
            // With a blank before it a line goes the long way.
            let other = read(" " + line, &others, long)
            let shown = Comment(rawValue: line)
            let body = other.body == " " + record.body ? record.body : other.body
            #expect(record.body == body, shown)
            #expect(record.level == other.level, shown)
            #expect(record.timestamp == other.timestamp, shown)
            #expect(record.attributes.map(\.key) == other.attributes.map(\.key), shown)
            #expect(record.attributes.map(\.value) == other.attributes.map(\.value), shown)
        }
        #expect(short.tally == long.tally)
        #expect(short.tally.entries.count > 1)
    }

    @Test(arguments: [
        (#"{"level":"info","ts":1795852580.25,"logger":"app","caller":"a/b.go:7","msg":"x","row":1,"ok":true}"#, true),
        (#"{"level":30,"time":1795852580123,"pid":7,"hostname":"h","name":"app","msg":"x"}"#, true),
        (#"{"msg":"x","req":{"id":1,"user":{"name":"y"},"tags":[1,2]}}"#, true), (#"{"msg":"a\nb"}"#, true),
        (#"{"msg":"x"}"#, true), (#"{"msg":"x","err":{"type":"E"}}"#, false), (#"{"msg":"x","k\u0065y":1}"#, false),
        (#"{"msg":"x""#, false), (#"{"row":1}"#, false),
    ])
    func `what loggers write goes the short way`(line: String, isPlain: Bool) {
        Array(line.utf8).withUnsafeBytes { line in
            withUnsafeTemporaryAllocation(of: PlainJSON.Field.self, capacity: PlainJSON.mostFields) { fields in
                let keys = JSONKeys()
                var json = PlainJSON(fields, keys)
                // Keys that are new are first learnt.
                var isRead = json.read(line)
                #expect(!isRead)
                json = PlainJSON(fields, keys)
                isRead = json.read(line)
                #expect(isRead == isPlain)
            }
        }
    }
}
