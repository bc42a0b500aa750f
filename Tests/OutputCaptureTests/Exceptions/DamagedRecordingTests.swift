import SentryProtocol
import Testing

@testable import OutputCapture

/// Numbers that are the same in every run.
private struct Sequence64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

/// Recordings that were cut, put behind a logger's prefix, mixed with other lines, or damaged.
@Suite struct DamagedRecordingTests {
    private static let recordings = Recording.all(
        "cpp", "glibc", "sanitizers", "valgrind", "lua", "r", "elixir", "erlang", "haskell", "ocaml", "julia",
        "powershell", "shell", "make", "sql", "tcl", "awk", "jq", "dotnet",
        "rust-errors", "go-errors", "node-errors", "java-errors",
        "python-libraries")

    private static func lines(_ recording: Recording) throws -> [[UInt8]] {
        try recording.output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
    }

    private static func joined(_ lines: some Sequence<[UInt8]>) -> [UInt8] {
        Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    @Test(arguments: recordings)
    func `what was cut after any line is of no other type than the whole`(_ recording: Recording) throws {
        let lines = try Self.lines(recording)
        let whole = Set(try recording.exceptions().flatMap { $0.links.map(\.type) })
        for count in stride(from: 0, to: lines.count, by: max(1, lines.count / 20)) {
            let types = recognise(Self.joined(lines.prefix(count))).flatMap { $0.links.map(\.type) }
            #expect(whole.isSuperset(of: types), "after \(count) lines: \(types)")
        }
    }

    @Test(arguments: recordings)
    func `what was cut within a line traps nowhere`(_ recording: Recording) throws {
        let output = try recording.output
        for cut in stride(from: 0, to: output.count, by: max(1, output.count / 30)) {
            let found = recognise(Array(output[..<cut]), chunk: 7)
            #expect(found.allSatisfy { $0.raised.type != nil || $0.raised.value != nil })
        }
    }

    private static let prefixed = recordings.filter { recording in
        let languages = ["cpp/", "glibc/", "sanitizers/", "valgrind/", "elixir/", "make/", "shell/", "ocaml/"]
        // Those whose first line is known by its beginning are not looked for behind a prefix, nor what is far behind one.
        let others = [
            "ocaml/script", "elixir/server", "elixir/task", "glibc/percent-n", "glibc/smashing", "glibc/overflow",
            "cpp/checked", "shell/bash-missing",
        ]
        return languages.contains { recording.name.hasPrefix($0) } && !others.contains(recording.name)
    }

    @Test(arguments: prefixed, ["importer_1  | ", "2026-11-28T07:13:35.004Z host app[812]: "])
    func `a prefix before every line changes nothing`(_ recording: Recording, prefix: String) throws {
        let lines = try Self.lines(recording).map { Array(prefix.utf8) + $0 }
        // Elixir's exits are known by the beginning of the line.
        let plain = try recording.exceptions().filter { !["exit", "throw"].contains($0.raised.type) }
        let found = recognise(Self.joined(lines))
        #expect(found.map(\.outline) == plain.map(\.outline))
        #expect(found.allSatisfy { $0.isLogged })
    }

    @Test(arguments: Recording.all("sanitizers", "valgrind").filter { !$0.name.contains("/ubsan") }, 1...3)
    func `lines of other programs in between change nothing`(_ recording: Recording, seed: UInt64) throws {
        var random = Sequence64(state: seed)
        var mixed: [[UInt8]] = []
        for line in try Self.lines(recording) {
            mixed.append(line)
            if Int.random(in: 0..<4, using: &random) == 0 { mixed.append(Array("worker 7: 312 of 4096 done".utf8)) }
        }
        let plain = try recording.exceptions().map(\.outline)
        #expect(recognise(Self.joined(mixed)).map(\.outline) == plain)
    }

    @Test(arguments: recordings)
    func `damaged output traps nowhere and adds no end of exceptions`(_ recording: Recording) throws {
        let output = try recording.output
        guard !output.isEmpty else { return }
        var random = Sequence64(state: UInt64(output.count))
        let lines = output.filter { $0 == UInt8(ascii: "\n") }.count
        for _ in 0..<12 {
            var damaged = output
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
                case 1: damaged.insert(Array(" :\"()[]{}#\n".utf8).randomElement(using: &random) ?? 0, at: place)
                case 2: damaged.remove(at: place)
                default: damaged.insert(contentsOf: damaged[place...].prefix(40), at: place)
                }
                if damaged.isEmpty { break }
            }
            #expect(recognise(damaged).count <= lines + 24)
        }
    }

    @Test func `two recordings after each other are both recognised`() throws {
        let names = [
            "cpp/terminate", "lua/index", "elixir/raise", "haskell/call-stack", "ocaml/failure", "make/nested",
        ]
        let recordings = names.map { Recording(name: $0) }
        let separate = try recordings.flatMap { try $0.exceptions() }.map(\.outline)
        let together = recognise(try recordings.flatMap { try $0.output })
        #expect(together.sorted { $0.lines.lowerBound < $1.lines.lowerBound }.map(\.outline) == separate)
    }
}
