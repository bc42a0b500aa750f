// What the exports of small profiles are, byte for byte where the form is ours to choose.

import SentryProtocol
import Testing

@testable import Profiling

private func text(_ profile: Profile, _ format: ProfileFormat) -> String {
    String(decoding: profile.encoded(as: format), as: UTF8.self)
}

private func json(_ profile: Profile, _ format: ProfileFormat) throws -> JSONValue {
    try JSONValue(parsing: profile.encoded(as: format))
}

@Suite struct ProfileFormatTests {
    @Test(arguments: [
        ("out.html", ProfileFormat.html), ("out.SVG", .svg), ("a.speedscope.json", .speedscope),
        ("a.json", .speedscope),
        ("a.firefox.json", .firefox), ("a.gecko.json", .firefox), ("cpu.pb.gz", .pprof), ("cpu.pprof", .pprof),
        ("a.folded", .collapsed), ("a.txt", .collapsed), ("a.perf.txt", .perf), ("/x/.html", .html),
    ])
    func aFileNameTellsTheFormat(name: String, format: ProfileFormat) {
        #expect(ProfileFormat(fileName: name) == format)
    }

    @Test(arguments: ["profile", "a.pdf", "html", "-", ""])
    func otherNamesTellNone(name: String) { #expect(ProfileFormat(fileName: name) == nil) }

    @Test func theEndingOfEachFormatIsItsOwn() {
        for format in ProfileFormat.allCases {
            for ending in format.fileNameEndings { #expect(ProfileFormat(fileName: "x\(ending)") == format) }
            #expect(ProfileFormat(named: format.rawValue) == format)
        }
        #expect(ProfileFormat(named: "gecko") == .firefox)
        #expect(ProfileFormat(named: "zip") == nil)
    }
}

@Suite struct TextExportTests {
    @Test func collapsedStacksAreProcessAndFunctionsWithCounts() {
        #expect(
            text(.small, .collapsed).split(separator: "\n").sorted() == [
                "import;main 1", "import;main;load 1", "import;main;rows 2", "import;main;rows;parse(char const*) 1",
                "sort;qsort 1",
            ])
    }

    @Test func namesCannotEndAFrameOrALine() {
        var made = MadeUpProfile()
        let thread = made.thread(1, "a;b", of: made.process(1, "p;q\n"))
        made.sample(0, thread: thread, [MadeUpProfile.frame("f;g 12\nx\u{0}")])
        #expect(text(made.profile, .collapsed) == "p:q ;f:g 12 x  1\n")
        let lines = text(made.profile, .perf).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4)
    }

    @Test func perfScriptHasAHeaderFramesAndAnEmptyLineForEachSample() {
        let first = text(.small, .perf).components(of: "\n\n")[0]
        #expect(
            first == """
                import 42/42 1795234329.000000: 10000000 cpu-clock:u: 
                            1234 parse(char const*) (inlined)
                            1234 rows (/usr/bin/import)
                            1000 main (/usr/bin/import)
                """)
    }

    @Test func aComparisonHasTwoCounts() {
        var later = Profile.small
        later.samples.removeLast()
        let bytes = ProfileComparison(before: .small, after: later).encoded(as: .collapsed)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains("import;main 1 0"))
        #expect(lines.contains("import;main;rows 2 2"))
    }
}

@Suite struct SpeedscopeTests {
    @Test func eachThreadIsAnEventedProfileWhoseEventsAreBalanced() throws {
        let file = try json(.small, .speedscope)
        #expect(file["$schema"]?.string == "https://www.speedscope.app/file-format-schema.json")
        let profiles = try #require(file["profiles"]?.array)
        #expect(profiles.compactMap { $0["name"]?.string } == ["import (42)", "import: worker (44)", "sort (43)"])
        let frames = try #require(file["shared"]?["frames"]?.array)
        for profile in profiles {
            var open: [Int64] = []
            var now: Int64 = 0
            for event in try #require(profile["events"]?.array) {
                let frame = try #require(event["frame"]?.integer)
                let time = try #require(event["at"]?.integer)
                #expect(time >= now && frame < frames.count)
                now = time
                if event["type"]?.string == "O" { open.append(frame) } else { #expect(open.popLast() == frame) }
            }
            #expect(open.isEmpty)
            #expect(try #require(profile["endValue"]?.integer) >= now)
        }
    }

    @Test func placesOfOneFunctionAreOneFrame() throws {
        let names = try #require(try json(.small, .speedscope)["shared"]?["frames"]?.array).compactMap {
            $0["name"]?.string
        }
        #expect(names.filter { $0 == "rows" }.count == 1)
    }

    @Test func aThreadThatWasNotSampledHasNoFrameOpen() throws {
        // main runs until 30 ms and again at 500 ms.
        let main = try #require(try json(.small, .speedscope)["profiles"]?.array?.first)
        let times = try #require(main["events"]?.array).compactMap { $0["at"]?.integer }
        #expect(times.contains(30_000_000) && times.contains(500_000_000))
    }
}

@Suite struct FirefoxTests {
    @Test func tablesAgreeWithTheirLengths() throws {
        let shared = try #require(try json(.small, .firefox)["shared"])
        for table in ["stackTable", "frameTable", "funcTable", "resourceTable", "nativeSymbols", "sources"] {
            let length = try #require(shared[table]?["length"]?.integer)
            for column in try #require(shared[table]?.members) where column.name != "length" {
                #expect(column.value.array?.count == Int(length), "\(table).\(column.name)")
            }
        }
    }

    @Test func threadsHaveSamplesWithTimesInMilliseconds() throws {
        let threads = try #require(try json(.small, .firefox)["threads"]?.array)
        #expect(threads.compactMap { $0["name"]?.string } == ["import", "worker", "sort"])
        #expect(threads[0]["isMainThread"]?.bool == true && threads[1]["isMainThread"]?.bool == false)
        #expect(threads[0]["samples"]?["time"]?.array?.compactMap(\.number) == [0, 10, 500])
        #expect(threads[0]["samples"]?["weight"]?.array?.compactMap(\.integer) == [1, 2, 1])
    }

    @Test func aBreakpadIDIsTheBuildIDInAnotherOrder() {
        #expect(
            FirefoxFile.breakpadID("00112233445566778899aabbccddeeff01234567") == "33221100554477668899AABBCCDDEEFF0")
        #expect(FirefoxFile.breakpadID("0011") == "")
    }
}

@Suite struct PictureTests {
    @Test func boxesHaveTitlesWithTimeAndShare() {
        let picture = text(.small, .svg)
        #expect(picture.contains("<title>rows\n30.0 ms, 50.0 %\n/usr/bin/import</title>"))
        #expect(picture.contains("3 lost"))
    }

    @Test func namesAreText() {
        var made = MadeUpProfile(title: "<b>&\"'\u{1}")
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        made.sample(0, thread: thread, [MadeUpProfile.frame("</title></script><img src=x onerror=alert(1)>\u{0}")])
        let picture = text(made.profile, .svg)
        #expect(!picture.contains("<img") && !picture.contains("</script>"))
        #expect(picture.contains("&lt;b&gt;&amp;&quot;&#39;\u{FFFD}"))
    }
}

@Suite struct PageTests {
    @Test func noNameMeetsTheHTMLParser() {
        var made = MadeUpProfile(title: "</title><script>alert(1)</script>")
        let thread = made.thread(1, "</script>", of: made.process(1, "<!--"))
        made.sample(0, thread: thread, [MadeUpProfile.frame("</script><img src=x onerror=alert(1)>")])
        let page = text(made.profile, .html)
        #expect(!page.contains("alert(1)</script>") && !page.contains("<img"))
        #expect(page.contains("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;"))
        // One for the profile and one for the program.
        #expect(page.components(of: "</script>").count == 3)
    }

    @Test func theScriptDoesNotEndItself() {
        let script = text(.empty, .html).components(of: "<script>\n").last ?? ""
        #expect(script.contains("readProfiles()"))
        #expect(script.components(of: "</script").count == 2 && !script.contains("<!--"))
    }

    @Test func itAsksNobodyForAnything() {
        let page = text(.small, .html)
        for mark in ["http://", "https://", "src=", "@import", "url("] { #expect(!page.contains(mark), "\(mark)") }
    }
}

@Suite struct HardProfileTests {
    @Test(arguments: ProfileFormat.allCases) func anEmptyProfileHasEveryForm(format: ProfileFormat) {
        #expect(!Profile.empty.encoded(as: format).isEmpty || format == .collapsed || format == .perf)
    }

    @Test(arguments: ProfileFormat.allCases) func oneSampleWithoutAStackHasEveryForm(format: ProfileFormat) {
        var made = MadeUpProfile()
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        made.sample(0, thread: thread, [])
        #expect(!made.profile.encoded(as: format).isEmpty)
    }

    @Test(arguments: ProfileFormat.allCases) func aStackOfTenThousandFramesHasEveryForm(format: ProfileFormat) {
        #expect(!Profile.deep.encoded(as: format).isEmpty)
    }
}

extension Profile {
    /// 10 000 frames, some of them recursion.
    static var deep: Profile {
        var made = MadeUpProfile()
        let thread = made.thread(1, "t", of: made.process(1, "p"))
        let stack = (0..<10_000).map { MadeUpProfile.frame($0 < 5000 ? "level \($0)" : "again", at: UInt64($0)) }
        made.sample(0, thread: thread, stack)
        made.sample(10, thread: thread, Array(stack.dropLast(9000)))
        return made.profile
    }

    static var small: Profile { MadeUpProfile.small }
    static var empty: Profile { MadeUpProfile.empty }
}

extension String {
    func components(of separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
