import Testing

@testable import OutputCapture

@Suite struct ScrubberTests {
    @Test(arguments: [
        ("password=hunter2", "password=[Filtered]"),
        ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=[Filtered] next"),
        ("dbPassword: hunter2, user: bob", "dbPassword: [Filtered], user: bob"),
        (#"{"password":"hun\"ter2","user":"bob"}"#, #"{"password":"[Filtered]","user":"bob"}"#),
        (#"{\"password\":\"hunter2\",\"a\":1}"#, #"{\"password\":\"[Filtered]\",\"a\":1}"#),
        ("password='two words' x", "password='[Filtered]' x"),
        ("--password hunter2 --verbose", "--password [Filtered] --verbose"),
        ("--api-key=abc", "--api-key=[Filtered]"),
        ("url?access_token=abc123&x=1", "url?access_token=[Filtered]&x=1"),
        ("token=a8f5f167f44f4964e6c998dee827110c", "token=[Filtered]"),
        ("key=a8f5f167f44f4964e6c998dee827110c", "key=[Filtered]"),
        ("session: 7fa9c1bd22e0", "session: [Filtered]"),
        ("Authorization: Basic dXNlcjpwYXNz more", "Authorization: [Filtered]"),
        ("curl -H 'Authorization: Bearer abc.def' https://x", "curl -H 'Authorization: [Filtered]' https://x"),
        (#"{"Authorization":"Bearer abc","n":1}"#, #"{"Authorization":"[Filtered]","n":1}"#),
        ("Cookie: a=b; c=d", "Cookie: [Filtered]"),
        ("sent Bearer abcDEF123456 to x", "sent Bearer [Filtered] to x"),
        ("postgres://bob:s3cret@db/x", "postgres://[Filtered]:[Filtered]@db/x"),
        ("https://tok3n@github.com/x", "https://[Filtered]@github.com/x"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N end", "jwt [Filtered] end"),
        ("id AKIAIOSFODNN7EXAMPLE.", "id [Filtered]."),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[Filtered]"),
        ("xoxb-1234567890-abcdef", "[Filtered]"),
        ("(sk_live_abcdefghijklmnop1234)", "([Filtered])"),
        ("card 4111 1111 1111 1111 ok", "card [Filtered] ok"),
        ("card 4111-1111-1111-1111", "card [Filtered]"),
        ("4012888888881881", "[Filtered]"),
        ("378282246310005", "[Filtered]"),
        (
            #"k="-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----" x"#,
            #"k="[Filtered]" x"#
        ),
        ("a password=one and secret=two", "a password=[Filtered] and secret=[Filtered]"),
    ])
    func `secrets are replaced and the rest stays`(line: String, expected: String) {
        #expect(Scrubber().scrub(line) == expected)
        #expect(Scrubber().scrub(expected) == expected, "a second pass changes nothing")
    }

    @Test(arguments: [
        "", "passed=12 tests", "token", "Unexpected token: }", "token: abc", "max_tokens=512", "tokens=12345678",
        "author: Bob Miller", "monkey=3", "keyboard=us", "key=value", "key=name", "primary key: id",
        "PWD=/home/bob/src1", "session started: now", "basic authentication: off", "bearer of bad news",
        "the secret is out", "password", "password:", "password=", "git@github.com:a/b", "ssh://git@host/x",
        "https://example.com/a@b", "order 1234567890123456", "1795234329050120000 ns", "4111111111111112",
        "4111 1111 1111 11112", "2026-11-21 08:00:00.123456", "10.0.0.1:8080", "sid: 12", "eyJ.x.y", "AKIA",
        "ghp_short", "-----BEGIN CERTIFICATE-----", "commit a8f5f167f44f4964e6c998dee827110c", "::::", "====",
        "--keyboard us", "auth=none", "auth: required",
    ])
    func `what is no secret is untouched`(line: String) { #expect(Scrubber().scrub(line) == line) }

    @Test func `bytes that are no text are kept`() {
        let line: [UInt8] = [0xFF, 0xFE] + Array("password=x ".utf8) + [0x80]
        let expected: [UInt8] = [0xFF, 0xFE] + Array("password=[Filtered] ".utf8) + [0x80]
        #expect(line.withUnsafeBytes { Scrubber().scrubbed($0) } == expected)
    }

    @Test(arguments: [
        (["curl", "-u", "bob:pw", "https://x"], ["curl", "-u", "[Filtered]", "https://x"]),
        (["sudo", "-u", "bob", "id"], ["sudo", "-u", "bob", "id"]),
        (["x", "--password", "pw", "a"], ["x", "--password", "[Filtered]", "a"]),
        (["x", "--token=abc", "--author=bob"], ["x", "--token=[Filtered]", "--author=bob"]),
        (["x", "--password", "--verbose"], ["x", "--password", "--verbose"]),
        (["x", "--key-file", "/etc/key", "--key-file=/k"], ["x", "--key-file", "/etc/key", "--key-file=/k"]),
        (["env", "API_KEY=abc", "A=b"], ["env", "API_KEY=[Filtered]", "A=b"]),
        (["sh", "-c", "mysql --password=pw"], ["sh", "-c", "mysql --password=[Filtered]"]),
        (["password=x"], ["password=[Filtered]"]),
        ([], []),
    ])
    func `command lines lose their secrets`(words: [String], expected: [String]) {
        #expect(Scrubber().scrub(arguments: words) == expected)
    }

    @Test func `environment values are secret by name or by form`() {
        #expect(Scrubber().scrub(environment: "AWS_SECRET_ACCESS_KEY", value: "x") == "[Filtered]")
        #expect(Scrubber().scrub(environment: "PWD", value: "/src") == "/src")
        #expect(Scrubber().scrub(environment: "URL", value: "http://a:b@c") == "http://[Filtered]:[Filtered]@c")
    }

    /// Each of these makes some look-ahead fail as late as possible: work that grew with the square of the length would
    /// not end within the run.
    @Test(arguments: [
        "auth=", "auth=\"", "eyJaaaaaaaa.", "eyJaaaaaaaa-", "Cookie:[Filtered]", "://a", "://", "-----BEGIN ",
        "-----BEGIN PRIVATE KEY----", "bearer ", "--auth ", "4111 ", "4", "password=[Filtered]", "AIza-", "a.", "\\\"",
        "xoxb-",
    ])
    func `hostile text is scrubbed`(unit: String) {
        let line = Array(String(repeating: unit, count: (1 << 17) / unit.utf8.count).utf8)
        let scrubbed = line.withUnsafeBytes { Scrubber().scrubbed($0) } ?? line
        #expect(scrubbed.count <= line.count + 1024)
        let again = scrubbed.withUnsafeBytes { Scrubber().scrubbed($0) } ?? scrubbed
        #expect(again == scrubbed, "what was removed stays removed, and nothing else goes")
    }
}

@Suite struct PrivateKeyBlockTests {
    private func covered(_ lines: [String]) -> [Bool] {
        var block = PrivateKeyBlock()
        return lines.map { line in Array(line.utf8).withUnsafeBytes { block.covers($0) } }
    }

    @Test func `a key is covered from BEGIN to END`() {
        let lines = [
            "before", "-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "", "MIIEpAIBAAKCAQEA", "  q83v==",
            "-----END RSA PRIVATE KEY-----", "after",
        ]
        #expect(covered(lines) == [false, true, true, true, true, true, true, false])
    }

    @Test func `a key that never ends does not swallow the rest`() {
        #expect(
            covered(["-----BEGIN PRIVATE KEY-----", "MIIE", "an ordinary line.", "x"]) == [true, true, false, false])
    }

    @Test func `a key is covered between lines of others`() {
        let body = String(repeating: "MIIEvQIB", count: 8)
        let lines = [
            "-----BEGIN PRIVATE KEY-----", "app: -----BEGIN PRIVATE KEY-----", body, "app: " + body, "GET /", "word",
            body,
        ]
        #expect(covered(lines) == [true, true, true, true, false, false, true])
        #expect(
            covered(["-----BEGIN PRIVATE KEY-----"] + Array(repeating: "an ordinary line.", count: 9) + [body]).last
                == false)
    }

    @Test func `certificates and rules are no keys`() {
        #expect(covered(["-----BEGIN CERTIFICATE-----", "MIIE", "----------"]) == [false, false, false])
    }
}
