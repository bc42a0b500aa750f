// Texts are looked at 64 bytes at a time: a secret is found wherever it stands in them.

import Testing

@testable import OutputCapture

@Suite struct ScrubPlacesTests {
    /// Each has one secret, which ends with it.
    private static let secrets = [
        "password=hunter2", "db_password: x1", "\"token\":\"a\"", "key1 password2=x", "<secret>a</secret>",
        "token%3Dabc",
        "--password x", "Bearer abcdefgh1", "basic QWxhZGRpbjpvcGVu", "eyJhbGciOiJI.eyJzdWIiOiIx.abc",
        "4111111111111111", "4111 1111 1111 1111", "3782-822463-10005", "https://a:b@c", "mysql -pabc",
        "/services/T00000000/B00000000/XXXXXXXXXXXXXXXX", "123456789:AAabcdefghijklmnopqrstuvwxyzabcdefg",
        "abc1Q~abcdefghijklmnopqrstuvwxyz01234", "0123456789abcdef0123456789abcdef-us12", "bob@example.com",
        "93.184.216.34", "2001:db8:1:2:3:4:5:6", "2a00:1450:4001:81b::200e", "/home/bob", "/Users/bob", "\\Users\\bob",
        "-----BEGIN PRIVATE KEY-----", "PGPASSWORD=a", "pass2=a1b2c3d4",
    ]

    private func filtered(_ text: String) -> String {
        Scrubber(ScrubRules(removesPersonalData: true)).scrub(text)
    }

    @Test(arguments: secrets)
    func `a secret is found wherever it stands`(secret: String) {
        let alone = filtered(secret)
        #expect(alone != secret)
        for before in 0..<140 {
            let filling = String(String(repeating: "ab 12 ", count: 24).prefix(before)) + " "
            #expect(filtered(filling + secret) == filling + alone, "after \(before)")
        }
        // What was found before must not hide it.
        #expect(filtered("secret=1 " + secret) == "secret=[Filtered] " + alone)
    }

    @Test func `every shape of token is found`() {
        for shape in SecretShape.known {
            let prefix = "\(shape.prefix)"
            let tail = (UInt8.min...UInt8.max).filter { shape.tail.allows($0) && $0.isAlphanumeric }
            let text =
                prefix + String(decoding: (0..<shape.minimumTail).map { tail[$0 * 7 % tail.count] }, as: UTF8.self)
            for before in [0, 1, 5, 60, 61, 62, 63, 64, 65] {
                let filling = before == 0 ? "" : String(repeating: "x", count: before) + " "
                #expect(filtered(filling + text) == filling + "[Filtered]", "\(text) after \(before)")
            }
        }
    }

    @Test func `a token is longer than what is passed unseen`() {
        for shape in SecretShape.known {
            let isWord = "\(shape.prefix)".utf8.allSatisfy(\.isNameByte)
            #expect(!isWord || shape.prefix.utf8CodeUnitCount + shape.minimumTail >= 20, "\(shape.prefix)")
        }
    }

    @Test func `nothing depends on where the 64 bytes begin`() {
        var numbers = SystemRandomNumberGenerator()
        let parts =
            Self.secrets + [
                "2026-11-21 08:00:00,123 ", "12345 ", "1.5 ", " - ", "a:1 ", "x=2 ", "é", "::", "--", "////",
                "\"k\":1,", " ",
            ]
        for _ in 0..<300 {
            let text =
                "go "
                + (0..<Int.random(in: 1..<14, using: &numbers)).compactMap { _ in
                    parts.randomElement(using: &numbers)
                }.joined()
            let alone = filtered(text)
            for before in [1, 7, 31, 40, 63, 64] {
                let filling = String(repeating: "x", count: before) + " "
                #expect(filtered(filling + text) == filling + alone, "\(text) after \(before)")
            }
        }
    }
}
