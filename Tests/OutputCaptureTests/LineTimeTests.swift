import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

/// 2026-11-28T08:00:00Z
private let morning: Int64 = 1_795_852_800

private func moment(_ text: String, arrivingAfter seconds: Int64 = 1, localOffset: Int64 = 0) -> Int64? {
    let time = Array(text.utf8).withUnsafeBytes { LineTime(text: $0) }
    let arrival = Timestamp(nanoseconds: (morning + seconds) * 1_000_000_000)
    return time?.nanoseconds(near: arrival, localOffset: localOffset).map { $0 / 1_000_000_000 - morning }
}

@Suite struct LineTimeTests {
    @Test(arguments: [
        "2026-11-28T08:00:00Z", "2026-11-28 08:00:00", "2026-11-28T08:00:00.123456789Z", "2026-11-28 08:00:00,123",
        "2026-11-28T09:00:00+01:00", "2026-11-28 03:00:00 -0500", "2026-11-28 08:00:00 UTC", "2026-11-28T08:00:00+00",
        "2026/11/28 08:00:00", "20261128T080000Z", "20261128 08:00:00.5", "28/Nov/2026:08:00:00 +0000",
        "28-Nov-2026 08:00:00 UTC", "Nov 28 08:00:00", "Sat Nov 28 08:00:00 2026", "Sat Nov 28 08:00:00.123456 2026",
        "Nov 28, 2026 8:00:00 AM", "Nov 28, 2026 8:00:00\u{202F}AM", "08:00:00", "08:00:00.123", "8:00AM", "08:00",
        "1795852800", "1795852800.123", "1795852800123", "1795852800123456", "1795852800123456789",
        "11/28/2026 08:00:00", "28.11.2026 08:00:00",
    ])
    func `every way to write a time is read`(text: String) { #expect(moment(text) == 0) }

    @Test(arguments: [
        "", "2026", "2026-13-01T00:00:00Z", "2026-11-28T24:00:00Z", "2026-11-28T08:60:00Z", "12", "8:00", "1:2:3",
        "2026-11-28T08:00:00Zx", "2026-11-28-", "99999999999999999999", "12345678", "Foo 28 08:00:00",
        "Nov 32 08:00:00",
        "08:00:00x", "9223372036854775807",
    ])
    func `what is no time is none`(text: String) { #expect(moment(text) == nil) }

    @Test func `a time without a zone is the job's local one`() {
        #expect(moment("2026-11-28 10:00:00", localOffset: 7200) == 0)
        #expect(moment("10:00:00", localOffset: 7200) == 0)
        #expect(moment("Nov 28 03:00:00", localOffset: -18000) == 0)
    }

    @Test func `or UTC where only that is near`() {
        #expect(moment("2026-11-28 08:00:00", localOffset: 7200) == 0)
        #expect(moment("08:00:00", localOffset: -18000) == 0)
    }

    @Test func `or nothing`() {
        #expect(moment("2026-11-28 05:00:00", localOffset: 7200) == nil)
        #expect(moment("2026-11-27 08:00:00") == nil, "replayed")
        #expect(moment("2026-11-28 08:00:00", arrivingAfter: 601) == nil)
        #expect(moment("2026-11-28 08:02:00") == nil, "ahead")
    }

    @Test func `an exact time counts within a day`() {
        #expect(moment("2026-11-28T08:00:00Z", arrivingAfter: 86399) == 0)
        #expect(moment("2026-11-28T08:00:00Z", arrivingAfter: 86401) == nil)
        #expect(moment("2026-11-28T08:00:59Z", arrivingAfter: 0) == 59)
        #expect(moment("2026-11-28T08:01:01Z", arrivingAfter: 0) == nil)
        #expect(moment("1999-11-28T08:00:00Z") == nil)
    }

    @Test func `a clock without a date is of the nearest day, a date without a year of the nearest year`() {
        let midnight = Timestamp(nanoseconds: 1_798_761_601_000_000_000)  // 2027-01-01T00:00:01Z
        for text in ["23:59:59", "Dec 31 23:59:59", "2026-12-31 23:59:59"] {
            let time = Array(text.utf8).withUnsafeBytes { LineTime(text: $0) }
            #expect(time?.nanoseconds(near: midnight, localOffset: 0) == midnight.nanoseconds - 2_000_000_000)
        }
    }

    @Test(arguments: [
        "9999999999", "9223372037", "9999999999.5", "9999999999999", "9999999999999999", "9999999999999999999",
        "9223372036854775808",
    ])
    func `a number too large for a time is none`(text: String) {
        #expect(moment(text) == nil)
        for line in ["\(text) message", #"{"msg":"x","ts":\#(text)}"#, #"{"msg":"x","ts":\#(text)e0}"#] {
            #expect(ReadLine(line).time == nil, Comment(rawValue: line))
        }
    }
}
