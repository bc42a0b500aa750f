// The readers whose rules are the wire's: SentryProtocol decides, this hands its answer on.

import SentryProtocol

func readDSN(_ text: String, into draft: inout OptionDraft) -> String? {
    do throws(DSNError) {
        draft.plan.dsn = try DSN(text)
        return nil
    } catch {
        return error.description
    }
}

func readEnvironment(_ text: String, into draft: inout OptionDraft) -> String? {
    draft.plan.environment = text.isEmpty ? "production" : text
    return nil
}

func readRelease(_ text: String, into draft: inout OptionDraft) -> String? {
    draft.plan.release = text.isEmpty ? nil : text
    return nil
}

func readDist(_ text: String, into draft: inout OptionDraft) -> String? {
    draft.plan.dist = text.isEmpty ? nil : text
    return nil
}

func readSlug(_ text: String, into draft: inout OptionDraft) -> String? {
    draft.monitor.slug = text
    return nil
}

func readSchedule(_ text: String, into draft: inout OptionDraft) -> String? {
    draft.monitor.schedule = .crontab(text)
    return nil
}
