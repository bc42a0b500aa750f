import SentryProtocol
import Testing

@Suite struct MonitorTests {
    @Test(arguments: [
        ("nightly-import", "nightly-import"), ("Nightly  Import -- 2", "nightly-import-2"), ("  --__a_b__-- ", "a_b"),
        ("Überprüfung/№ 5", "uberprufung-5"), ("žluťoučký kůň", "zlutoucky-kun"), ("straße", "strae"),
        ("Ａｂｃ１", "abc1"), ("日本", nil), ("", nil), ("-_-", nil), ("a.b:c", "abc"), ("12", "12"),
        (String(repeating: "x", count: 60), String(repeating: "x", count: 50)),
        (String(repeating: "x", count: 49) + " yyy", String(repeating: "x", count: 49)),
    ])
    func `slugs become what the server stores`(text: String, slug: String?) {
        #expect(MonitorSlug.normalise(text) == slug)
    }

    @Test(arguments: [
        ("0 3 * * *", "0 3 * * *"), (" */5\t0-23/2  1,15,L jan-Mar  MON-fri ", "*/5 0-23/2 1,15,L jan-Mar MON-fri"),
        ("@Daily", "@daily"), ("@hourly", "@hourly"), ("59 23 31 12 7", "59 23 31 12 7"),
        ("5/15 * LW * 5L", "5/15 * LW * 5L"),
        ("0 0 * * mon#2,6#5", "0 0 * * mon#2,6#5"),
    ])
    func `crontab lines are read`(text: String, line: String) throws {
        #expect(try MonitorSchedule(text) == .crontab(line))
    }

    @Test(arguments: [
        ("60 * * * *", "the minute field '60' has '60'"), ("* 24 * * *", "the hour field '24' has '24'"),
        ("* * 0 * *", "the day field '0' has '0'"), ("* * * foo *", "the month field 'foo' has 'foo'"),
        ("* * * * mon-xx", "the weekday field 'mon-xx' has 'xx'"), ("* * * * 8", "allowed are 0-7 or sun-sat"),
        ("*/0 * * * *", "has a step"), ("*/x * * * *", "has a step"), ("1/2/3 * * * *", "more than one '/'"),
        ("10-5 * * * *", "runs backwards"), ("1-2-3 * * * *", "no range"), (", * * * *", "the minute field"),
        ("-1 * * * *", "the minute field"), ("99999999999999999999 * * * *", "the minute field"),
        ("* * * *", "has 5 fields"), ("* * * * * *", "has 6"), ("", "has 0"), ("@reboot", "not one of @yearly"),
        ("@daily 1", "not one of"), ("L * * * *", "the minute field"), ("0 0 * * mon#6", "the weekday field"),
    ])
    func `wrong crontab lines are refused with the wrong field`(text: String, message: String) {
        #expect { try MonitorSchedule(text) } throws: { "\($0)".contains(message) }
    }

    @Test(
        arguments: [
            ("every 5 minutes", 5, .minute), ("10 minute", 10, .minute), ("Every Hour", 1, .hour), ("2 days", 2, .day),
            ("every 1 week", 1, .week), ("3 months", 3, .month), ("1 year", 1, .year),
        ] as [(String, Int, MonitorSchedule.Unit)])
    func `intervals are read`(text: String, value: Int, unit: MonitorSchedule.Unit) throws {
        #expect(try MonitorSchedule(text) == .interval(value, unit: unit))
    }

    @Test(arguments: ["every", "every 0 minutes", "every 1.5 hours", "5 seconds", "every 5 5 minutes", "-1 hours"])
    func `wrong intervals are refused`(text: String) {
        #expect(throws: MonitorScheduleError.self) { try MonitorSchedule(text) }
    }

    @Test(arguments: [
        ("UTC", true), ("Europe/Prague", true), ("Etc/GMT+5", true), ("America/Argentina/Buenos_Aires", true),
        ("", false), ("Europe/", false), ("../x", false), ("Europe Prague", false), ("+01:00", false),
    ])
    func `time zones have a shape`(text: String, isPossible: Bool) {
        #expect((MonitorConfig.timezoneProblem(text) == nil) == isPossible)
    }

    @Test(arguments: [("user:1", true), ("team:ops", true), ("ops", false), ("team:", false), ("user: ", false)])
    func `owners have a kind`(text: String, isValid: Bool) {
        #expect((MonitorConfig.ownerProblem(text) == nil) == isValid)
    }
}
