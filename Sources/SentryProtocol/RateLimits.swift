// When the server wants what no more (protocol reference 10.3).

/// The limits of one DSN: a deadline for each category, and one for everything.
///
/// Times are ``Timestamp``s of whichever clock the caller uses throughout; only an HTTP date needs the wall clock.
package struct RateLimits: Sendable, Equatable {
    private var deadlines: [DataCategory: Timestamp] = [:]
    private var deadlineForAll: Timestamp?

    /// After a 429 that says nothing more.
    package static let defaultSeconds = 60.0
    /// A server's slip must not silence us for good: nobody means more than a day.
    static let maxSeconds = 86400.0

    package init() {}

    /// Takes in a response. To be called for every one, 200 included.
    ///
    /// - Parameter headers: the response's header fields; names in any case, later ones of the same name add to the
    ///   earlier.
    package mutating func update(status: Int, headers: [(name: String, value: String)], now: Timestamp) {
        let limits = headers.filter { $0.name.lowercased() == "x-sentry-rate-limits" }.map(\.value)
        if !limits.isEmpty {
            for entry in limits.joined(separator: ",").split(separator: ",") { apply(entry, now: now) }
            return
        }
        guard status == 429 else { return }
        let retryAfter = headers.first { $0.name.lowercased() == "retry-after" }.map { trimmed($0.value) }
        if let text = retryAfter, let date = Timestamp(httpDate: text) {
            extend(nil, until: min(date, now.advanced(bySeconds: Self.maxSeconds)))
        } else {
            extend(nil, until: now.advanced(bySeconds: retryAfter.flatMap(Self.seconds) ?? Self.defaultSeconds))
        }
    }

    /// One `seconds:categories:scope…`. What cannot be read changes nothing.
    private mutating func apply(_ entry: Substring, now: Timestamp) {
        let parts = entry.split(separator: ":", omittingEmptySubsequences: false).map(trimmed)
        guard parts.count >= 2, let seconds = Self.seconds(parts[0]) else { return }
        let deadline = now.advanced(bySeconds: seconds)
        let names = parts[1].split(separator: ";").map(trimmed).filter { !$0.isEmpty }
        if names.isEmpty { return extend(nil, until: deadline) }
        for name in names {
            for category in Self.categories(name) { extend(category, until: deadline) }
        }
    }

    /// Never shortens.
    private mutating func extend(_ category: DataCategory?, until deadline: Timestamp) {
        if let category {
            deadlines[category] = max(deadlines[category] ?? deadline, deadline)
        } else {
            deadlineForAll = max(deadlineForAll ?? deadline, deadline)
        }
    }

    /// Ours for a server's word: `nil`-like empty for categories that we never send.
    private static func categories(_ name: String) -> [DataCategory] {
        switch name {
        // A server's newer name for the same limit.
        case "profile_backend": [.profile]
        case "default": [.error]
        case "internal": []
        default: DataCategory(rawValue: name).map { [$0] } ?? []
        }
    }

    private static func seconds(_ text: String) -> Double? {
        guard let value = Double(text), value.isFinite, value >= 0 else { return nil }
        return min(value, maxSeconds)
    }

    /// Until when `category` is limited: `nil` when it is not at `now`.
    package func deadline(_ category: DataCategory, at now: Timestamp) -> Timestamp? {
        guard category != .internal else { return nil }
        let deadline = [deadlines[category], deadlineForAll].compactMap { $0 }.max()
        return deadline.flatMap { $0 > now ? $0 : nil }
    }

    package func isLimited(_ category: DataCategory, at now: Timestamp) -> Bool { deadline(category, at: now) != nil }

    /// Whether an item of this kind must not be sent now. A log container also by its bytes, an attachment by its
    /// number, a profile with its transaction.
    package func isLimited(_ kind: ItemKind, at now: Timestamp) -> Bool {
        let categories: [DataCategory] =
            switch kind {
            case .log: [.logItem, .logByte]
            case .attachment: [.attachment, .attachmentItem]
            case .profile: [.profile, .transaction]
            default: [kind.category]
            }
        return categories.contains { isLimited($0, at: now) }
    }

    /// Until when nothing at all may be sent, `nil` when something may.
    package func deadlineForEverything(at now: Timestamp) -> Timestamp? {
        deadlineForAll.flatMap { $0 > now ? $0 : nil }
    }
}
