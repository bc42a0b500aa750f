import SentryProtocol
import Spool
import Testing

@Suite struct StoredEnvelopeTests {
    @Test func `an envelope is read back and written again`() throws {
        let envelope = Envelope(
            dsn: "http://a@b/1",
            items: [
                EnvelopeItem(.event, payload: Array("{}".utf8)),
                EnvelopeItem(.attachment, payload: Array("line1\nline2\n".utf8), filename: "x.txt"),
            ])
        let stored = try StoredEnvelope(envelope.encoded())
        #expect(stored.dsn == "http://a@b/1")
        #expect(stored.items.map(\.type) == ["event", "attachment"])
        #expect(stored.items[1].payload == Array("line1\nline2\n".utf8))
        #expect(stored.items[1].header["filename"]?.string == "x.txt")
        #expect(try StoredEnvelope(stored.encoded()) == StoredEnvelope(StoredEnvelope(envelope.encoded()).encoded()))
    }

    @Test func `a header is set exactly once`() throws {
        var stored = try StoredEnvelope(Array("{\"sent_at\":\"a\",\"sent_at\":\"b\"}".utf8))
        stored.setHeader("sent_at", "c")
        #expect(String(decoding: stored.encoded(), as: UTF8.self) == "{\"sent_at\":\"c\"}\n")
    }

    @Test func `an item without length ends with its line`() throws {
        let stored = try StoredEnvelope(
            Array("{}\n{\"type\":\"session\"}\n{\"a\":1}\n{\"type\":\"event\",\"length\":2}\n{}".utf8))
        #expect(stored.items.map { String(decoding: $0.payload, as: UTF8.self) } == ["{\"a\":1}", "{}"])
    }

    @Test(arguments: [
        ("", StoredEnvelopeError.header), ("not json\n", .header), ("[]\n", .header),
        ("{}\nnot json\n", .itemHeader(index: 0)), ("{}\n{\"length\":1}\nx\n", .itemHeader(index: 0)),
        ("{}\n{\"type\":\"event\",\"length\":5}\nabc", .itemLength(index: 0)),
        ("{}\n{\"type\":\"event\",\"length\":2}\n{}x\n", .itemLength(index: 0)),
        ("{}\n{\"type\":\"event\",\"length\":-1}\n{}\n", .itemLength(index: 0)),
    ])
    func `what is no envelope is refused`(_ text: String, _ error: StoredEnvelopeError) {
        #expect(throws: error) { try StoredEnvelope(Array(text.utf8)) }
    }

    @Test func `the loss of a transaction is counted with its spans`() throws {
        let transaction = StoredItem(.transaction, ["spans": [["op": "a"], ["op": "b"]]])
        #expect(transaction.lossCounts.map(\.quantity) == [1, 3])
    }
}
