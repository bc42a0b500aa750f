// What is read back is what was written; what nobody should have written ends in an error.

import SentryProtocol
import Testing

@testable import Profiling

private func read(_ bytes: [UInt8]) throws(ProfileReadError) -> Profile {
    try ProfileReader.profile(in: bytes, name: "file")
}

private func read(_ text: String) throws(ProfileReadError) -> Profile { try read(Array(text.utf8)) }

private func document(of profile: Profile) -> [UInt8] {
    ExportStream.collecting { ProfileDocument(profile).write(to: $0) }
}

@Suite struct ProfileReaderTests {
    @Test func aPageKeepsEverything() throws {
        #expect(try read(MadeUpProfile.small.encoded(as: .html)) == MadeUpProfile.small)
        #expect(try read(MadeUpProfile.empty.encoded(as: .html)) == MadeUpProfile.empty)
        #expect(try read(Profile.deep.encoded(as: .html)) == Profile.deep)
    }

    @Test func extremeValuesArePreserved() throws {
        var made = MadeUpProfile(title: "\u{0}</script>\u{1F600}")
        var frame = MadeUpProfile.frame("", at: .max)
        (frame.line, frame.column, frame.kind, frame.isInlined) = (Int(Int32.max), 0, .marker, true)
        let thread = made.thread(.max, "", of: made.process(.max, "\u{FFFD}"))
        made.sample(0, thread: thread, [frame])
        made.profile.samples[0].count = .max
        made.profile.samples.append(ProfileSample(time: -5, thread: 0, node: -1, weight: 0))
        #expect(try read(made.profile.encoded(as: .html)) == made.profile)
    }

    @Test func aComparisonIsRefused() {
        let page = ProfileComparison(before: .small, after: .small).encoded(as: .html)
        #expect(throws: ProfileReadError.comparison) { try read(page) }
    }

    @Test func collapsedStacksAreRead() throws {
        let profile = try read("# a comment\nperl;main;work 3\nperl;main 2\r\nsh;a b;c 1.5\n")
        #expect(profile.processes.map(\.name) == ["perl", "sh"])
        #expect(profile.tally.taken == 6)
        #expect(profile.duration == 6_000_000)
        let lines = String(decoding: profile.encoded(as: .collapsed), as: UTF8.self).split(separator: "\n").sorted()
        #expect(lines == ["perl;main 2", "perl;main;work 3", "sh;a b;c 1"])
    }

    @Test func pprofKeepsAllButTimes() throws {
        let original = MadeUpProfile.small
        let profile = try read(original.encoded(as: .pprof))
        #expect(profile.title == original.title && profile.started == original.started)
        #expect(
            (profile.duration, profile.frequency, profile.mode) == (
                original.duration, original.frequency, original.mode
            ))
        #expect(profile.tally.taken == original.tally.taken)
        #expect(Set(profile.processes.map(\.pid)) == Set(original.processes.map(\.pid)))
        #expect(Set(profile.threads.map(\.tid)) == Set(original.threads.map(\.tid)))
        let stacks = [profile, original].map { String(decoding: $0.encoded(as: .collapsed), as: UTF8.self) }
        #expect(stacks[0].split(separator: "\n").sorted() == stacks[1].split(separator: "\n").sorted())
        func places(_ profile: Profile) -> Set<String> {
            Set(
                profile.frames.map {
                    "\($0.function) \($0.module ?? "") \($0.file ?? "") \($0.line ?? 0) \($0.isInlined)"
                })
        }
        #expect(places(profile) == places(original))
    }

    @Test func pprofOfNothingIsEmpty() throws {
        #expect(try read(MadeUpProfile.empty.encoded(as: .pprof)).samples.isEmpty)
    }

    @Test(arguments: [
        "", "\n\n", "hello", "a;b", "a;b x", "a;b 1x", "a;b -1", " 5", "a;b 99999999999999999999", "{}",
        "<html></html>", "a 0",
    ])
    func whatIsNoProfileIsSaidToBeNone(text: String) {
        #expect(throws: ProfileReadError.unknownFormat) { try read(text) }
    }

    @Test func sumsOfCountsCannotOverflow() {
        let line = "a;b 1000000000000\n"
        #expect(throws: ProfileReadError.unknownFormat) { try read(String(repeating: line, count: 3)) }
    }
}

@Suite struct HostileDocumentTests {
    @Test func everyTruncationIsDamage() {
        let whole = document(of: .small)
        for length in whole.indices {
            #expect(throws: ProfileReadError.self) { try DocumentReader.profile(in: Array(whole[..<length])) }
        }
    }

    /// Bytes changed at random give an error, or a profile that every export survives.
    @Test func noChangedByteCrashesAnExport() {
        let whole = document(of: .small)
        var random = Xorshift(state: 0x5EED)
        var accepted = 0
        for _ in 0..<1500 {
            var bytes = whole
            for _ in 0..<1 + random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let profile = try? DocumentReader.profile(in: bytes) else { continue }
            accepted += 1
            for format in ProfileFormat.allCases { _ = profile.encoded(as: format) }
            for form in [SentryProfile.Form.transaction, .chunk] { _ = profile.sentryProfile(form) }
            _ = ProfileSummary().text(of: profile)
        }
        #expect(accepted > 100)
    }

    /// As above, of a pprof profile: also cut off anywhere.
    @Test func noChangedByteOfPprofCrashesAnExport() throws {
        let whole = try #require(gunzip(MadeUpProfile.small.encoded(as: .pprof), limit: 1 << 20))
        var random = Xorshift(state: 0xBEEF)
        var accepted = 0
        for length in whole.indices { _ = PprofReader.profile(in: Array(whole[..<length]), name: "cut") }
        for _ in 0..<1500 {
            var bytes = whole
            for _ in 0..<1 + random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let profile = PprofReader.profile(in: bytes, name: "changed") else { continue }
            accepted += 1
            for format in ProfileFormat.allCases { _ = profile.encoded(as: format) }
            _ = ProfileSummary().text(of: profile)
        }
        #expect(accepted > 100)
    }

    @Test func countsBeyondTheBytesAreRefusedAtOnce() throws {
        let header = """
            {"version":1,"title":"","started":0,"duration":0,"frequency":1,"mode":"cpu","source":"","processes":[],\
            "threads":[],"strings":[],"counts":[1000000000000,0,0]}
            """
        let length = UInt32(header.utf8.count)
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8)
        #expect(throws: ProfileReadError.damaged) { try DocumentReader.profile(in: bytes) }
    }

    @Test func anotherVersionIsSaidToBeOne() {
        let header = #"{"version":2}"#
        #expect(throws: ProfileReadError.unknownVersion) {
            try DocumentReader.profile(in: [UInt8(header.utf8.count), 0, 0, 0] + Array(header.utf8))
        }
    }

    @Test func aPageThatUnpacksToTooMuchIsRefused() {
        let zeros = ExportStream.collecting { stream in
            let gzip = GzipStream(into: stream)
            for _ in 0..<100 { gzip.input.bytes([UInt8](repeating: 0, count: 100_000)) }
            gzip.finish()
        }
        #expect(zeros.count < 20_000)
        #expect(gunzip(zeros, limit: 1_000_000)?.count ?? 0 < 1_100_000)
        #expect(gunzip(zeros, limit: 20_000_000)?.count == 10_000_000)
        #expect(gunzip(Array(zeros.dropLast(20)), limit: 20_000_000) == nil)
        #expect(gunzip([1, 2, 3], limit: 10) == nil)
    }

    @Test(arguments: ["", "QQ==", "QUI=", "QUJD", "QUJD\nREVG"]) func base64IsRead(text: String) {
        let bytes = Base64Stream.decoded(Array(text.utf8)) ?? [0]
        #expect(bytes == Array("ABCDEF".utf8.prefix(bytes.count)))
    }

    @Test(arguments: ["Q", "Q===Q", "QUI=QUI=", "Q-I="]) func whatIsNoBase64IsRefused(text: String) {
        #expect(Base64Stream.decoded(Array(text.utf8)) == nil)
    }
}

/// Numbers that are the same in each run.
private struct Xorshift {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state >> 11
    }
}
