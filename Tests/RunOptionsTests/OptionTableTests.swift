import Foundation
import Testing

@testable import RunOptions

@Suite("The table and the pages made from it") struct OptionTableTests {
    @Test("names, short names, variables and keys are unique")
    func unique() {
        for names in [
            allOptions.map(\.name), allOptions.compactMap(\.short), allOptions.compactMap(\.environment),
            allOptions.compactMap(\.configKey),
        ] {
            #expect(Set(names).count == names.count)
        }
    }

    @Test("a variable is Sentry's own, or SENTRY_RUN_ and the name")
    func variables() {
        let standard = [
            "SENTRY_DSN", "SENTRY_ENVIRONMENT", "SENTRY_RELEASE", "SENTRY_DIST", "SENTRY_SERVER_NAME",
            "SENTRY_SAMPLE_RATE", "SENTRY_TRACES_SAMPLE_RATE", "SENTRY_DEBUG", "SENTRY_SPOTLIGHT",
            "SENTRY_SEND_DEFAULT_PII", "SENTRY_PROFILES_SAMPLE_RATE",
        ]
        for option in allOptions where option.configKey != nil {
            let own = option.name.uppercased().replacing("-", with: "_")
            let variable = option.environment ?? ""
            #expect(variable == "SENTRY_RUN_\(own)" || (variable == "SENTRY_\(own)" && standard.contains(variable)))
        }
    }

    @Test("each default that is a value is one that the option takes")
    func defaults() {
        for option in allOptions {
            guard let first = option.standard.split(separator: " ").first.map(String.init) else { continue }
            if ["10s", "2s", "production", "0", "all", "100", "20M", "1", "UTC", "auto", "mirror", "on", "off"]
                .contains(first)
            {
                var draft = OptionDraft()
                #expect(option.read(&draft, first) == .taken, "\(option.name)")
            }
        }
    }

    @Test("all help fits 80 columns", arguments: VerbPage.all.map(\.verb))
    func width(verb: VerbSet) {
        for line in helpPage(for: verb).split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test("the help names every option of a run")
    func complete() {
        let help = helpPage(for: .run)
        for option in allOptions where option.verbs.contains(.run) { #expect(help.contains(" \(option.spelling)")) }
    }

    @Test(
        "the committed pages are what the table says",
        arguments: [("markdown", "docs/options.md"), ("man", "man/sentry-run.1")])
    func committed(kind: String, path: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let committed = try String(contentsOf: root.appending(path: path), encoding: .utf8)
        let fresh = try Line(["docs", kind]).page()
        #expect(committed == fresh, "run: sentry-run docs \(kind) > \(path)")
    }
}
