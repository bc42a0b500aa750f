// When a monitor expects its check-ins (protocol reference 4.2).

/// A crontab line of five fields (or a nickname such as `@daily`), or an interval.
package enum MonitorSchedule: Sendable, Equatable {
    case crontab(String)
    case interval(Int, unit: Unit)

    package enum Unit: String, Sendable, CaseIterable {
        case year
        case month
        case week
        case day
        case hour
        case minute
    }
}
