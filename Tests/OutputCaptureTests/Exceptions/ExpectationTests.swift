// Languages that cannot say what they print: what was expected of each recorded program is written down beside it.

import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

@Suite struct ExpectationTests {
    private static let languages = Set(Recording.all().map { $0.name.split(separator: "/")[0] }).sorted().filter {
        (try? Recording.read("\($0)/expected")) != nil
    }

    /// `language/expected`: a line `== NAME` for each recording, below it what is recognised there, as ``summary`` shows it.
    private static func expected(_ language: Substring) throws -> [Substring: String] {
        let text = String(decoding: try Recording.read("\(language)/expected"), as: UTF8.self)
        var sections: [Substring: [Substring]] = [:]
        var name: Substring = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("== ") {
                name = line.dropFirst(3)
                sections[name] = []
            } else {
                sections[name]?.append(line)
            }
        }
        return sections.mapValues { $0.joined(separator: "\n") }
    }

    @Test(arguments: languages)
    func `what is recognised is what the program did`(language: Substring) throws {
        let expected = try Self.expected(language)
        let recordings = Recording.all(String(language))
        #expect(Set(expected.keys) == Set(recordings.map { $0.name.split(separator: "/")[1] }))
        for recording in recordings {
            let found = try recording.exceptions().map(\.summary).joined(separator: "\n")
            #expect(found == expected[recording.name.split(separator: "/")[1]], "\(recording):\n\(found)")
        }
    }

    @Test func `expectations are there`() { #expect(Self.languages.count >= 15) }

    /// The line of a frame, in the program as it was recorded, names the function of the next frame: so neither is invented.
    @Test(arguments: ["sanitizers", "valgrind", "lua", "haskell", "erlang", "elixir", "ocaml"])
    func `frames are where the source calls`(language: String) throws {
        var checked = 0
        // OCaml's bytecode has a place for a whole expression, and Elixir turns some calls into others.
        let others = ["ocaml/bytecode", "elixir/task"]
        for recording in Recording.all(language) where !others.contains(recording.name) {
            for exception in try recording.exceptions() {
                let frames = exception.links.flatMap { $0.stackTrace?.frames ?? [] }
                for (caller, called) in zip(frames, frames.dropFirst()) {
                    guard let file = caller.filename, let number = caller.line, caller.inApp == true,
                        let name = called.simpleName, let source = try? Recording.read("\(language)/\(file)")
                    else { continue }
                    let lines = source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                    let line = String(decoding: lines[number - 1], as: UTF8.self)
                    #expect(line.contains(name), "\(recording): \(file):\(number) calls \(name)")
                    checked += 1
                }
            }
        }
        #expect(checked >= 3, "\(checked) were looked at")
    }
}

extension RecognisedException {
    /// `[native exception ended 1…3]`, the chain, and other stacks behind `+`.
    var summary: String {
        let head = "[\(platform) \(rank) \(ending) \(lines.lowerBound)…\(lines.upperBound)\(isLogged ? " logged" : "")]"
        let others = threads.map { thread in
            (["+ \(thread.id) \(thread.name ?? "-")"] + thread.frames.map { "+   " + $0.outline }).joined(
                separator: "\n")
        }
        return ([head, outline] + others).joined(separator: "\n").split(separator: "\n").map { line in
            line.contains { $0 != " " } ? String(line) : "~"
        }.joined(separator: "\n")
    }
}

extension Frame {
    /// `Shop.Checkout.pay/1` → `pay`; `nil` where the name is made up.
    fileprivate var simpleName: Substring? {
        guard let function, !function.contains("<"), !function.contains(" "), !function.contains("(") else {
            return nil
        }
        let path = function.split(separator: "/").first ?? ""
        let name = path.split(whereSeparator: { $0 == "." || $0 == ":" }).last ?? ""
        return name.contains("\"") || name.hasPrefix("__") ? nil : name
    }
}
