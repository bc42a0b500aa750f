import SentryProtocol
import Testing

@Suite struct FieldLimitTests {
    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 3, "..."), ("abcdef", 5, "ab..."), ("äöüß", 4, "äöüß"), ("äöüßx", 4, "ä..."),
        ("a👨‍👩‍👧bcdef", 6, "a..."), ("", 0, ""),
    ])
    func `texts are cut on a character's border`(text: String, limit: Int, expected: String) {
        #expect(capped(text, limit) == expected)
        #expect(capped(text, limit).unicodeScalars.count <= max(limit, 3))
    }

    @Test(arguments: [
        ("importer@2.3.1+b1", true), ("abc123", true), ("", false), (" ", false), ("Latest", false), ("..", false),
        ("a/b", false), ("a\\b", false), ("a\nb", false), (String(repeating: "x", count: 200), true),
        (String(repeating: "x", count: 201), false),
    ])
    func `releases are checked as the server does`(text: String, isValid: Bool) {
        #expect((ReleaseName.problem(text) == nil) == isValid)
    }

    @Test(arguments: [
        ("production", true), ("None", false), ("a/b", false), ("", false), (String(repeating: "x", count: 64), true),
        (String(repeating: "x", count: 65), false),
    ])
    func `environments are checked as the server does`(text: String, isValid: Bool) {
        #expect((EnvironmentName.problem(text) == nil) == isValid)
    }

    @Test(arguments: [("1.2-a_b", true), ("", false), ("a b", false), (String(repeating: "x", count: 65), false)])
    func `dists are checked as the server does`(text: String, isValid: Bool) {
        #expect((DistName.problem(text) == nil) == isValid)
    }

    @Test(arguments: [
        ("team", true), ("a.b:c-d_e", true), ("", false), ("a b", false), ("ä", false), ("release", false),
    ])
    func `tag keys are checked as the server does`(text: String, isValid: Bool) {
        #expect((TagKey.problem(text) == nil) == isValid)
    }
}
