// Golden bytes: what is written here is what servers get.

import SentryProtocol
import Testing

private let traceID = TraceID("8f431b7aa08441bbbd5a0100fd91f9fe")
private let spanID = SpanID("b0e6f15b45c36b12")
private let eventID = EventID("0d0c1b2a39485766b5a4938271605f4e")
private let time = Timestamp(nanoseconds: 1_795_234_329_050_120_999)

private func text(_ value: some JSONWritable) -> String { String(decoding: value.jsonBytes, as: UTF8.self) }

@Suite struct WireValueTests {
    @Test func `an opening check-in`() throws {
        var config = MonitorConfig(schedule: .crontab("0 3 * * *"))
        config.checkInMargin = 5
        config.maxRuntime = 60
        config.timezone = "Europe/Prague"
        let checkIn = CheckIn(
            id: try #require(HexID16("5a3c7e0b9d2f4c61a8e04d7b6f9c1e22")), monitorSlug: "nightly-import",
            status: .inProgress, duration: 5, environment: "production", release: "importer@2.3.1", config: config,
            traceID: traceID)
        let expected =
            #"{"check_in_id":"5a3c7e0b9d2f4c61a8e04d7b6f9c1e22","monitor_slug":"nightly-import","#
            + #""status":"in_progress","environment":"production","release":"importer@2.3.1","#
            + #""monitor_config":{"schedule":{"type":"crontab","value":"0 3 * * *"},"checkin_margin":5,"#
            + #""max_runtime":60,"timezone":"Europe/Prague"},"#
            + #""contexts":{"trace":{"trace_id":"8f431b7aa08441bbbd5a0100fd91f9fe"}}}"#
        #expect(text(checkIn) == expected)
        #expect(checkIn.item == EnvelopeItem(.checkIn, payload: Array(expected.utf8)))
    }

    @Test(
        arguments: [
            (1_234_567_890, "1.234"), (60_000_000_000, "60"), (-5, "0"), (Int64.max, "2147483.647"),
        ] as [(Int64, String)])
    func `a closing check-in says how long it took`(duration: Int64, seconds: String) throws {
        let id = try #require(eventID)
        let checkIn = CheckIn(id: id, monitorSlug: "a", status: .error, duration: duration)
        #expect(
            text(checkIn)
                == #"{"check_in_id":"\#(id)","monitor_slug":"a","status":"error","duration":\#(seconds)}"#)
    }

    @Test func `a monitor's whole configuration`() {
        let config = MonitorConfig(
            schedule: .interval(2, unit: .hour), failureIssueThreshold: 3, recoveryThreshold: 1, owner: "team:ops")
        #expect(
            text(config)
                == #"{"schedule":{"type":"interval","value":2,"unit":"hour"},"failure_issue_threshold":3,"#
                + #""recovery_threshold":1,"owner":"team:ops"}"#)
    }

    @Test func `a session that is one update`() throws {
        let session = Session(
            id: try #require(HexID16("c2a6a1de0d3e4c0f9a7b6c5d4e3f2a1b")), isInitial: true,
            started: Timestamp(nanoseconds: 1_795_234_328_400_000_000),
            timestamp: Timestamp(nanoseconds: 1_795_234_329_123_000_000), status: .crashed, errors: 1,
            duration: 723_000_000, release: "importer@2.3.1", environment: "production")
        #expect(
            text(session)
                == #"{"sid":"c2a6a1de0d3e4c0f9a7b6c5d4e3f2a1b","init":true,"started":"2026-11-21T04:12:08.400Z","#
                + #""timestamp":"2026-11-21T04:12:09.123Z","status":"crashed","errors":1,"duration":0.723,"#
                + #""attrs":{"release":"importer@2.3.1","environment":"production"}}"#)
    }

    @Test func `an event with everything`() throws {
        var event = Event(id: try #require(eventID), timestamp: time, level: .fatal)
        event.logger = "sentry-run"
        event.transaction = "importer"
        event.serverName = "host1"
        event.release = "importer@2.3.1"
        event.environment = "production"
        event.dist = "b1"
        event.tags = [
            "exit.signal": "SIGSEGV", "empty": "", "lines": "a\nb", "long": String(repeating: "x", count: 201),
        ]
        event.user = [("id", "7"), ("email", "")]
        event.contexts["trace"] =
            TraceReference(
                traceID: try #require(traceID), spanID: try #require(spanID), operation: "process.run",
                status: .internalError, data: ["b": 1, "a": "x"]
            ).context
        event.contexts["flags"] = FeatureFlags([("new-parser", true)]).context
        event.message = "row 17"
        event.messageTemplate = "row %s"
        event.fingerprint = ["{{ default }}", "x"]
        event.breadcrumbs = [
            Breadcrumb(timestamp: time, category: "stderr", level: .warning, message: "", data: ["n": 1])
        ]
        var frame = Frame(function: "parse_row", filename: "row.c", line: 12, inApp: true)
        frame.instructionAddress = 0x55d0_c0de_2000
        frame.package = "/opt/importer"
        event.exceptions = [
            SentryException(
                type: "SIGSEGV", value: "Segmentation fault", threadID: 4242,
                mechanism: Mechanism(
                    type: "signalhandler", handled: false, synthetic: true,
                    signal: Mechanism.Signal(number: 11, name: "SIGSEGV", code: 1, codeName: "SEGV_MAPERR")),
                stackTrace: StackTrace(
                    frames: [frame], registers: ["rip": .max], instructionAddressAdjustment: "all_but_first"))
        ]
        #expect(
            text(event)
                == #"{"event_id":"0d0c1b2a39485766b5a4938271605f4e","timestamp":1795234329.050120,"#
                + #""platform":"native","level":"fatal","logger":"sentry-run","transaction":"importer","#
                + #""server_name":"host1","release":"importer@2.3.1","environment":"production","dist":"b1","#
                + #""tags":{"exit.signal":"SIGSEGV","lines":"a b","long":"\#(String(repeating: "x", count: 197))..."},"#
                + #""user":{"id":"7"},"#
                + #""contexts":{"flags":{"values":[{"flag":"new-parser","result":true}]},"#
                + #""trace":{"trace_id":"8f431b7aa08441bbbd5a0100fd91f9fe","span_id":"b0e6f15b45c36b12","#
                + #""op":"process.run","status":"internal_error","data":{"a":"x","b":1}}},"#
                + #""logentry":{"message":"row %s","formatted":"row 17"},"#
                + #""exception":{"values":[{"type":"SIGSEGV","value":"Segmentation fault","thread_id":4242,"#
                + #""mechanism":{"type":"signalhandler","handled":false,"synthetic":true,"#
                + #""meta":{"signal":{"number":11,"code":1,"name":"SIGSEGV","code_name":"SEGV_MAPERR"}}},"#
                + #""stacktrace":{"frames":[{"function":"parse_row","filename":"row.c","package":"/opt/importer","#
                + #""lineno":12,"in_app":true,"instruction_addr":"0x55d0c0de2000"}],"#
                + #""registers":{"rip":"0xffffffffffffffff"},"instruction_addr_adjustment":"all_but_first"}}]},"#
                + #""breadcrumbs":{"values":[{"timestamp":1795234329.050120,"category":"stderr","level":"warning","#
                + #""message":"","data":{"n":1}}]},"#
                + #""fingerprint":["{{ default }}","x"],"sdk":{"name":"sentry.swift.run","version":"\#(programVersion)"}}"#
        )
    }

    @Test func `an event leaves out what it does not know`() throws {
        let event = Event(id: try #require(eventID), timestamp: time, level: .error)
        #expect(
            text(event)
                == #"{"event_id":"0d0c1b2a39485766b5a4938271605f4e","timestamp":1795234329.050120,"#
                + #""platform":"native","level":"error","sdk":{"name":"sentry.swift.run","version":"\#(programVersion)"}}"#
        )
    }

    @Test func `an exception of a chain`() {
        let exception = SentryException(
            type: "KeyError", value: "'port'",
            mechanism: Mechanism(
                type: "auto.log.stderr_traceback", source: "__cause__", exceptionID: 1, parentID: 0,
                isExceptionGroup: false, errno: 2),
            stackTrace: StackTrace(frames: []))
        #expect(
            text(exception)
                == #"{"type":"KeyError","value":"'port'","mechanism":{"type":"auto.log.stderr_traceback","#
                + #""source":"__cause__","exception_id":1,"parent_id":0,"is_exception_group":false,"#
                + #""meta":{"errno":{"number":2}}}}"#)
    }

    @Test func `a transaction with a span and measurements`() throws {
        let start = Timestamp(nanoseconds: 1_795_234_328_400_000_000)
        let (traceID, spanID) = (try #require(traceID), try #require(spanID))
        var transaction = Transaction(
            id: try #require(eventID), name: "nightly-import", start: start, end: start.advanced(bySeconds: 3.5),
            trace: TraceReference(traceID: traceID, spanID: spanID, operation: "process.run", status: .ok))
        transaction.spans = [
            Span(
                id: try #require(SpanID("a1d2e3f405162738")), parentID: spanID, operation: "process.exec",
                description: "sleep 1", start: start, end: start.advanced(bySeconds: -1), status: .ok)
        ]
        transaction.measurements = (0..<12).map { Measurement("m\($0)", 0.5, unit: "second") }
        let measurements = (0..<10).map { #""m\#($0)":{"value":0.5,"unit":"second"}"# }.joined(separator: ",")
        #expect(
            text(transaction)
                == #"{"type":"transaction","event_id":"0d0c1b2a39485766b5a4938271605f4e","platform":"native","#
                + #""transaction":"nightly-import","transaction_info":{"source":"task"},"#
                + #""start_timestamp":1795234328.400000,"timestamp":1795234331.900000,"#
                + #""contexts":{"trace":{"trace_id":"\#(traceID)","span_id":"b0e6f15b45c36b12","op":"process.run","#
                + #""status":"ok"}},"spans":[{"trace_id":"\#(traceID)","span_id":"a1d2e3f405162738","#
                + #""parent_span_id":"b0e6f15b45c36b12","op":"process.exec","description":"sleep 1","status":"ok","#
                + #""start_timestamp":1795234328.400000,"timestamp":1795234328.400000}],"#
                + #""measurements":{\#(measurements)},"sdk":{"name":"sentry.swift.run","version":"\#(programVersion)"}}"#
        )
    }

    @Test func `a batch of logs is one item with its exact count`() throws {
        var batch = LogBatch(
            traceID: try #require(traceID), spanID: spanID,
            common: [("sentry.origin", "auto.log.stdout"), ("sentry.release", "r1")])
        let nothing = batch.takeItem()
        #expect(nothing == nil)
        var record = LogRecord(timestamp: time, level: .warn)
        Array("row 17 is \"truncated\"\n".utf8).withUnsafeBytes { record.append(body: $0) }
        record.add("sentry.origin", "auto.log.stderr")
        record.add("process.pid", 4242)
        record.add("ok", true)
        record.add("ratio", .double(0.5))
        record.add("process.pid", 7)
        batch.append(record)
        batch.append(LogRecord(timestamp: time, level: .trace))
        let (count, payloadBytes) = (batch.count, batch.payloadBytes)
        #expect(count == 2)
        let head =
            #""timestamp":1795234329.050120,"trace_id":"8f431b7aa08441bbbd5a0100fd91f9fe","span_id":"b0e6f15b45c36b12""#
        let expected =
            #"{"items":[{\#(head),"level":"warn","severity_number":13,"body":"row 17 is \"truncated\"\n","#
            + #""attributes":{"sentry.release":{"value":"r1","type":"string"},"#
            + #""sentry.origin":{"value":"auto.log.stderr","type":"string"},"#
            + #""process.pid":{"value":4242,"type":"integer"},"ok":{"value":true,"type":"boolean"},"#
            + #""ratio":{"value":0.5,"type":"double"}}},"#
            + #"{\#(head),"level":"trace","severity_number":1,"body":"","#
            + #""attributes":{"sentry.origin":{"value":"auto.log.stdout","type":"string"},"#
            + #""sentry.release":{"value":"r1","type":"string"}}}]}"#
        #expect(payloadBytes == expected.utf8.count)
        let taken = batch.takeItem()
        let item = try #require(taken)
        #expect(String(decoding: item.payload, as: UTF8.self) == expected)
        #expect(item.itemCount == 2)
        #expect(item.contentType == "application/vnd.sentry.items.log+json")
        let left = batch.count
        #expect(left == 0)
    }

    @Test func `a batch knows when it is full`() throws {
        var batch = LogBatch(traceID: try #require(traceID), spanID: nil)
        var count = 0
        while !batch.isFull {
            batch.append(LogRecord(timestamp: time, level: .info))
            count += 1
        }
        #expect(count == 100)
    }

    @Test func `a client report counts and starts anew`() throws {
        var counts = DiscardCounts()
        counts.add(.sampleRate, item: EnvelopeItem(.transaction, payload: []), children: 2)
        counts.add(.rateLimitBackoff, item: EnvelopeItem(.log, payload: [1, 2, 3], itemCount: 40))
        counts.add(.rateLimitBackoff, .logItem, 2)
        counts.add(.cacheOverflow, item: EnvelopeItem(.attachment, payload: [1, 2]))
        counts.add(.sendError, item: EnvelopeItem(.event, payload: []))
        counts.add(.sendError, item: EnvelopeItem(.clientReport, payload: []))
        counts.add(.sendError, .monitor, 0)
        var more = DiscardCounts()
        more.add(.sendError, .error, 2)
        counts.merge(more)
        let taken = counts.takeReport(at: time)
        let report = try #require(taken)
        #expect(
            text(report)
                == #"{"timestamp":1795234329.050120,"discarded_events":["#
                + #"{"reason":"cache_overflow","category":"attachment","quantity":2},"#
                + #"{"reason":"cache_overflow","category":"attachment_item","quantity":1},"#
                + #"{"reason":"ratelimit_backoff","category":"log_byte","quantity":3},"#
                + #"{"reason":"ratelimit_backoff","category":"log_item","quantity":42},"#
                + #"{"reason":"sample_rate","category":"span","quantity":3},"#
                + #"{"reason":"sample_rate","category":"transaction","quantity":1},"#
                + #"{"reason":"send_error","category":"error","quantity":3}]}"#)
        #expect(counts.isEmpty)
        let again = counts.takeReport(at: time)
        #expect(again == nil)
    }

    @Test func `an attachment has a name without its folder`() {
        let item = EnvelopeItem.attachment(filename: "/var/log/job.log", contentType: "text/plain", payload: [0x61])
        #expect(item.filename == "job.log")
        let envelope = Envelope(eventID: eventID, dsn: nil, items: [item])
        #expect(
            String(decoding: envelope.encoded(), as: UTF8.self).hasSuffix(
                #"{"type":"attachment","length":1,"content_type":"text/plain","filename":"job.log","#
                    + #""attachment_type":"event.attachment"}"# + "\na\n"))
    }

    @Test func `levels have the spelling of their place`() {
        #expect(LogLevel.allCases.map(\.name) == ["trace", "debug", "info", "warn", "error", "fatal"])
        #expect(LogLevel.allCases.map(\.rawValue) == [1, 5, 9, 13, 17, 21])
        #expect(LogLevel.allCases.map(\.eventLevel) == [.debug, .debug, .info, .warning, .error, .fatal])
        #expect(EventLevel.fatal > .error)
        #expect(LogLevel.warn < .error)
    }
}
