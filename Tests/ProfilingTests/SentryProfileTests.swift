// The forms that Sentry takes, by the rules that its servers check.

import SentryProtocol
import Testing

@testable import Profiling

private func samples(_ profile: SentryProfile?) throws -> [JSONValue] {
    let json = try JSONValue(parsing: try #require(profile).json)
    return try #require(json["samples"]?.array)
}

@Suite struct SentryProfileTests {
    @Test func aTransactionsSamplesCountFromItsStartAsText() throws {
        let profile = try #require(MadeUpProfile.small.sentryProfile(.transaction, mainProcess: 42))
        #expect(profile.thread == 42 && profile.threadName == "import")
        let json = try JSONValue(parsing: profile.json)
        let stacks = try #require(json["stacks"]?.array)
        let frames = try #require(json["frames"]?.array)
        let main = try samples(profile).filter { $0["thread_id"]?.string == "42" }
        #expect(
            main.compactMap { $0["elapsed_since_start_ns"]?.string } == [
                "0", "10000000", "30000000", "500000000", "510000000",
            ])
        // Innermost first.
        let stackIDs = main.compactMap { $0["stack_id"]?.integer }.map(Int.init)
        let first = try #require(stacks[stackIDs[0]].array).compactMap(\.integer)
        #expect(first.map { frames[Int($0)]["function"]?.string } == ["parse(char const*)", "rows", "main"])
        // Between 30 and 500 ms the thread was not seen.
        #expect(stacks[stackIDs[2]] == [])
        // The last only ends what the one before began.
        #expect(stackIDs[4] == stackIDs[3])
    }

    @Test func everyFrameSaysWhetherItIsOfTheProgram() throws {
        let json = try JSONValue(parsing: try #require(MadeUpProfile.small.sentryProfile(.chunk)).json)
        for frame in try #require(json["frames"]?.array) {
            #expect(frame["in_app"]?.bool != nil)
            #expect(frame["package"]?.string == "/usr/bin/import" || frame["function"]?.string == "load")
        }
        #expect(json["thread_metadata"]?["44"]?["name"]?.string == "import: worker")
    }

    @Test func aChunksSamplesHaveTheTimeOfTheDay() throws {
        let profile = try #require(MadeUpProfile.small.sentryProfile(.chunk))
        let times = try samples(profile).compactMap { $0["timestamp"]?.number }
        #expect(times.first == 1_795_234_329 && times == times.sorted())
        #expect(profile.started.nanoseconds == 1_795_234_329_000_000_000)
        #expect(profile.ended.nanoseconds == 1_795_234_329_510_000_000)
    }

    @Test(arguments: [(SentryProfile.Form.transaction, 30.0), (.chunk, 65.0)])
    func laterSamplesAreLeftOut(form: SentryProfile.Form, seconds: Double) throws {
        var made = MadeUpProfile()
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        for index in 0..<8000 { made.sample(Int64(index) * 10, thread: thread, [MadeUpProfile.frame("f")]) }
        let profile = try #require(made.profile.sentryProfile(form))
        #expect(Double(profile.ended.nanoseconds - profile.started.nanoseconds) / 1e9 == seconds)
    }

    @Test func oneSampleIsAnIntervalAndNoSampleIsNoProfile() throws {
        var made = MadeUpProfile()
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        #expect(made.profile.sentryProfile(.chunk) == nil)
        made.sample(0, thread: thread, [])
        #expect(made.profile.sentryProfile(.chunk) == nil)
        made.sample(10, thread: thread, [MadeUpProfile.frame("f")])
        #expect(try samples(made.profile.sentryProfile(.chunk)).count == 3)
    }

    @Test func foldedSamplesAreOneAfterTheOther() throws {
        var made = MadeUpProfile()
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        made.sample(0, thread: thread, [MadeUpProfile.frame("f")], count: 70)
        made.sample(0, thread: thread, [MadeUpProfile.frame("g")], count: 30)
        let times = try samples(made.profile.sentryProfile(.transaction)).compactMap {
            $0["elapsed_since_start_ns"]?.string
        }
        #expect(times == ["0", "700000000", "1000000000"])
    }

    @Test func aStackOfTenThousandFramesIsCut() throws {
        let json = try JSONValue(parsing: try #require(Profile.deep.sentryProfile(.chunk)).json)
        let stacks = try #require(json["stacks"]?.array).compactMap(\.array)
        #expect(stacks.map(\.count).max() == SentryProfile.mostFrames)
        let names = try #require(json["frames"]?.array).compactMap { $0["function"]?.string }
        #expect(names.contains("level 0") && names.contains("[frames left out]"))
    }

    @Test func whatIsTooMuchIsThinnedEvenly() throws {
        var made = MadeUpProfile()
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        for index in 0..<2000 { made.sample(Int64(index) * 10, thread: thread, [MadeUpProfile.frame("f\(index % 3)")]) }
        let whole = try #require(made.profile.sentryProfile(.chunk))
        let thinned = try #require(made.profile.sentryProfile(.chunk, mostBytes: whole.json.count / 4))
        #expect(whole.stride == 1 && thinned.stride > 1)
        #expect(thinned.json.count < whole.json.count / 3)
        #expect(thinned.ended == whole.ended)
    }
}

@Suite struct ProfileSummaryTests {
    @Test func functionsAreByTheirOwnTimeAndByTheirTotal() {
        let text = ProfileSummary(width: 80).text(of: .small)
        #expect(text.hasPrefix("6 samples in 1.00 s of 3 threads in 2 processes (perf, 100 Hz)\n! 3 samples were lost"))
        #expect(text.contains("! 2 threads were too short-lived to be seen\n"))
        #expect(text.contains("  33.3 %   20.0 ms  rows  import\n"))
        #expect(text.contains("  83.3 %   50.0 ms  main  import\n"))
    }

    @Test func recursionCountsOnce() {
        let text = ProfileSummary().text(of: .deep)
        #expect(text.contains("  50.0 %   10.0 ms  again"))
        #expect(!text.contains("200.0 %"))
    }

    @Test(arguments: [40, 60, 100]) func linesFitTheTerminal(width: Int) {
        var made = MadeUpProfile(title: String(repeating: "x", count: 200))
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        made.sample(0, thread: thread, [MadeUpProfile.frame(String(repeating: "long", count: 100))])
        made.profile.notes = [String(repeating: "note ", count: 50)]
        for line in ProfileSummary(width: width).text(of: made.profile).split(separator: "\n") {
            #expect(line.count <= width)
        }
    }

    @Test func namesCannotDriveTheTerminal() {
        var made = MadeUpProfile()
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        made.sample(0, thread: thread, [MadeUpProfile.frame("\u{1B}[2J\u{9B}31m")])
        made.profile.notes = ["\u{1B}]0;title"]
        #expect(!ProfileSummary().text(of: made.profile).contains("\u{1B}"))
        #expect(ProfileSummary(isColoured: true).text(of: .small).contains("\u{1B}[1m"))
    }

    @Test func noSamplesAreSaidToBeNone() {
        #expect(ProfileSummary().text(of: .empty).contains("no samples"))
    }

    @Test(arguments: [
        (0, "0 ns"), (999, "999 ns"), (1500, "1.50 µs"), (45_600_000, "45.6 ms"), (1_234_000_000, "1.23 s"),
        (119_000_000_000, "119 s"), (7_200_000_000_000, "120 min"), (9_999_999, "10.0 ms"),
    ])
    func durationsHaveThreeDigits(nanoseconds: Int64, text: String) { #expect(durationText(nanoseconds) == text) }
}
