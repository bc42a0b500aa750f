// Golden bytes: what is written here is what servers get.

import SentryProtocol
import Testing

@Suite struct ProfileItemTests {
    private let samples = #"{"frames":[],"stacks":[],"samples":[],"thread_metadata":{}}"#
    private let sdk = #"{"name":"sentry.swift.run","version":"\#(programVersion)"}"#

    @Test func `a profile goes with its transaction`() throws {
        var profile = TransactionProfile(
            id: try #require(HexID16("2c5f0b7f6f9b4fd1a1b9c6d0e7f8a9b0")),
            started: Timestamp(nanoseconds: 1_795_234_329_050_120_999), architecture: "x86_64",
            kernelVersion: "6.1.0", transactionID: try #require(EventID("77c1c2b1f0e94a36a8a4b2d9cf0a1e10")),
            transactionName: "nightly", traceID: try #require(TraceID("8f431b7aa08441bbbd5a0100fd91f9fe")),
            activeThread: 4242, samples: Array(samples.utf8))
        profile.release = "importer@2.3.1"
        profile.environment = "production"
        let expected =
            #"{"version":"1","event_id":"2c5f0b7f6f9b4fd1a1b9c6d0e7f8a9b0","platform":"native","#
            + #""timestamp":"2026-11-21T04:12:09.050Z","release":"importer@2.3.1","environment":"production","#
            + #""device":{"architecture":"x86_64"},"os":{"name":"Linux","version":"6.1.0"},"#
            + #""transaction":{"id":"77c1c2b1f0e94a36a8a4b2d9cf0a1e10","name":"nightly","#
            + #""trace_id":"8f431b7aa08441bbbd5a0100fd91f9fe","active_thread_id":"4242"},"profile":\#(samples)}"#
        #expect(profile.item == EnvelopeItem(.profile, payload: Array(expected.utf8)))
    }

    @Test func `a chunk stands alone, and its header names the platform`() throws {
        let chunk = ProfileChunk(
            id: try #require(HexID16("6e6c1d1f4f7a4f5c9a3f4dd0a1b2c3d4")),
            profilerID: try #require(HexID16("1f2e3d4c5b6a47988796a5b4c3d2e1f0")), release: "importer@2.3.1",
            environment: nil, samples: Array(samples.utf8))
        let payload =
            #"{"version":"2","chunk_id":"6e6c1d1f4f7a4f5c9a3f4dd0a1b2c3d4","#
            + #""profiler_id":"1f2e3d4c5b6a47988796a5b4c3d2e1f0","platform":"native","client_sdk":\#(sdk),"#
            + #""release":"importer@2.3.1","profile":\#(samples)}"#
        let envelope = String(decoding: Envelope(dsn: nil, items: [chunk.item]).encoded(), as: UTF8.self)
        #expect(
            envelope == """
                {"sdk":\(sdk)}
                {"type":"profile_chunk","length":\(payload.utf8.count),"platform":"native"}
                \(payload)

                """)
    }
}
