import SentryProtocol
import Testing

@Suite struct DSNTests {
    @Test(arguments: [
        ("https://abc@o7.ingest.sentry.io/42", "https://o7.ingest.sentry.io/api/42/envelope/"),
        ("http://abc@localhost:9000/sub/42", "http://localhost:9000/sub/api/42/envelope/"),
        ("https://abc@Sentry.Example.COM:443//a//b/42/", "https://sentry.example.com/a/b/api/42/envelope/"),
        ("http://abc@[::1]:8000/1", "http://[::1]:8000/api/1/envelope/"),
        ("  HTTPS://abc:def@[2001:DB8::1]/1\n", "https://[2001:db8::1]/api/1/envelope/"),
        ("http://abc@host:443/1", "http://host:443/api/1/envelope/"),
    ])
    func `leads to the envelope endpoint`(text: String, url: String) throws {
        #expect(try DSN(text).envelopeURL == url)
    }

    @Test(
        arguments: [
            ("", .empty), (" \n", .empty), ("https://a b@h/1", .forbiddenCharacter),
            ("https://a@h/1\u{0}", .forbiddenCharacter), ("https://ä@h/1", .forbiddenCharacter),
            ("sentry.io", .scheme("")), ("ftp://a@h/1", .scheme("ftp")), ("https:a@h/1", .scheme("")),
            ("https://h/1", .noPublicKey), ("https://@h/1", .noPublicKey), ("https://:s@h/1", .noPublicKey),
            ("https://h/a@b/1", .noPublicKey), ("https://a=b@h/1", .publicKey), ("https://a:b,c@h/1", .secretKey),
            ("https://a@/1", .noHost), ("https://a@:80/1", .noHost), ("https://a@h_\"x/1", .host("h_\"x")),
            ("https://a@[::1/1", .host("[::1")), ("https://a@[h]/1", .host("[h]")),
            ("https://a@[::1]x/1", .host("[::1]x")),
            ("https://a@h:/1", .port("")), ("https://a@h:0/1", .port("0")), ("https://a@h:65536/1", .port("65536")),
            ("https://a@h:+8/1", .port("+8")), ("https://a@h:99999999999999999999/1", .port("99999999999999999999")),
            ("https://a@h", .noProjectID), ("https://a@h/", .noProjectID), ("https://a@h/x,y", .projectID("x,y")),
            ("https://a@h/../1", .path), ("https://a@h/1?x=y", .query), ("https://a@h/1#x", .query),
        ] as [(String, DSNError)])
    func `is refused with what is wrong`(text: String, error: DSNError) {
        #expect(throws: error) { try DSN(text) }
        #expect(error.description.hasSuffix("https://PUBLIC_KEY@HOST/PROJECT_ID"))
    }

    @Test func `keeps its parts`() throws {
        let dsn = try DSN("http://pub_key:secret@Host:8080/deep/er/7")
        #expect(dsn.scheme == .http)
        #expect(dsn.publicKey == "pub_key")
        #expect(dsn.secretKey == "secret")
        #expect(dsn.host == "host")
        #expect(dsn.port == 8080)
        #expect(dsn.path == "/deep/er")
        #expect(dsn.projectID == "7")
        #expect(dsn.origin == "http://host:8080")
    }

    @Test func `hides the secret from people`() throws {
        let dsn = try DSN("https://pub:topsecret@h:8080/p/7")
        #expect(dsn.redacted == "https://pub:[Filtered]@h:8080/p/7")
        #expect(try DSN("https://pub@h/7").redacted == "https://pub@h/7")
    }

    @Test func `authenticates with the secret only where there is one`() throws {
        let plain = "Sentry sentry_version=7, sentry_client=c/1, sentry_key=pub"
        #expect(try DSN("https://pub@h/7").authHeader(client: "c/1") == plain)
        #expect(try DSN("https://pub:sec@h/7").authHeader(client: "c/1") == plain + ", sentry_secret=sec")
    }

    @Test(arguments: [
        ("o7.ingest.sentry.io", "7"), ("o1234.ingest.de.sentry.io", "1234"), ("sentry.io", nil),
        ("o.ingest.sentry.io", nil), ("ox.ingest.sentry.io", nil), ("o7.ingest.example.io", nil),
        ("o7.other.sentry.io", nil), ("o7.ingest.a.b.sentry.io", nil), ("o1.ingest..sentry.io", "1"),
    ])
    func `finds the organisation in the host`(host: String, organization: String?) throws {
        #expect(try DSN("https://abc@\(host)/42").organizationID == organization)
    }
}
