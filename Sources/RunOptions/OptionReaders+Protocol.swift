// The readers whose rules are the wire's: SentryProtocol decides, this hands its answer on.

import SentryProtocol

func readDSN(_ text: String, into draft: inout OptionDraft) -> Reading {
    guard !text.isEmpty else {
        draft.plan.dsn = nil
        return .taken
    }
    do throws(DSNError) {
        draft.plan.dsn = try DSN(text)
        return .taken
    } catch {
        return .refused(error.description)
    }
}

func readEnvironment(_ text: String, into draft: inout OptionDraft) -> Reading {
    if !text.isEmpty, let problem = EnvironmentName.problem(text) { return .refused(problem) }
    draft.plan.environment = text.isEmpty ? "production" : text
    return .taken
}

func readRelease(_ text: String, into draft: inout OptionDraft) -> Reading {
    if !text.isEmpty, let problem = ReleaseName.problem(text) { return .refused(problem) }
    draft.plan.release = text.isEmpty ? nil : text
    return .taken
}

func readDist(_ text: String, into draft: inout OptionDraft) -> Reading {
    if !text.isEmpty, let problem = DistName.problem(text) { return .refused(problem) }
    draft.plan.dist = text.isEmpty ? nil : text
    return .taken
}

func readTag(_ text: String, into draft: inout OptionDraft) -> Reading {
    guard let (key, value) = splitPair(text) else { return .notAllowed }
    if let problem = TagKey.problem(key) { return .refused(problem) }
    guard value.unicodeScalars.count <= FieldLimit.tag, !value.unicodeScalars.contains("\n") else {
        return .refused("a tag's value is one line of at most \(FieldLimit.tag) characters")
    }
    draft.plan.tags.removeAll { $0.key == key }
    draft.plan.tags.append((key, value))
    return .taken
}

/// The slug becomes what the server makes of it.
func readSlug(_ text: String, into draft: inout OptionDraft) -> Reading {
    guard let slug = MonitorSlug.normalise(text) else {
        return .refused("a slug has letters, digits, '_' and '-', at most \(MonitorSlug.maxLength)")
    }
    draft.monitor.slug = slug
    return .taken
}

func readSchedule(_ text: String, into draft: inout OptionDraft) -> Reading {
    do throws(MonitorScheduleError) {
        draft.monitor.schedule = try MonitorSchedule(text)
        return .taken
    } catch {
        return .refused(error.description)
    }
}
