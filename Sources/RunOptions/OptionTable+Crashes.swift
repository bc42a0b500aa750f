// The options about crashes and hangs.

let crashOptions: [RunOption] = [
    RunOption(
        "trace", .value("MODE"), environment: "SENTRY_RUN_TRACE", key: "trace", default: "auto",
        allowed: "auto (every process, within --trace-budget), tree (every process), main (the job's own) or off",
        "Trace the job's processes, so that a crash shows its stacks", group: .crash
    ) { draft, text in
        guard let mode = RunPlan.TraceMode(rawValue: text) else { return .notAllowed }
        draft.plan.tracing = mode
        return .taken
    },
    RunOption(
        "trace-budget", .value("PERCENT"), environment: "SENTRY_RUN_TRACE_BUDGET", key: "trace-budget", default: "1",
        allowed: "a percentage from 0 to 100",
        "Let go of processes when tracing has cost more of the run's time than this", group: .crash
    ) { draft, text in
        guard let percent = readPercentage(text) else { return .notAllowed }
        draft.plan.traceBudget = percent / 100
        return .taken
    },
    RunOption(
        "hang-timeout", .value("DURATION"), environment: "SENTRY_RUN_HANG_TIMEOUT", key: "hang-timeout",
        default: "none", allowed: "\(durationText); 0 is none",
        "Report the stacks of a job that neither writes nor computes for this time", group: .crash
    ) { draft, text in
        guard let duration = readDuration(text) else { return .notAllowed }
        draft.plan.hangTimeout = duration == 0 ? nil : duration
        return .taken
    },
    RunOption(
        "startup-window", .value("DURATION"), environment: "SENTRY_RUN_STARTUP_WINDOW", key: "startup-window",
        default: "2s", allowed: durationText,
        "A death before this is a startup crash", group: .crash
    ) { draft, text in
        guard let duration = readDuration(text) else { return .notAllowed }
        draft.plan.startupWindow = duration
        return .taken
    },
    RunOption(
        "symbol-path", .value("DIRECTORY"), .list, environment: "SENTRY_RUN_SYMBOL_PATH", key: "symbol-path",
        default: "none", allowed: "a directory; may be repeated",
        "Look for files of debug information here, too", group: .crash, verbs: .running
    ) { draft, text in
        guard !text.isEmpty else { return .notAllowed }
        draft.plan.symbolPaths.append(text)
        return .taken
    },
    RunOption(
        "symbolication-timeout", .value("DURATION"), environment: "SENTRY_RUN_SYMBOLICATION_TIMEOUT",
        key: "symbolication-timeout", default: "3s", allowed: durationText,
        "How long a crash's report may wait for the names of its frames", group: .crash, verbs: .running
    ) { draft, text in
        guard let duration = readDuration(text) else { return .notAllowed }
        draft.plan.symbolicationTimeout = duration
        return .taken
    },
    RunOption(
        "in-app-include", .value("PREFIX"), .list, environment: "SENTRY_RUN_IN_APP_INCLUDE", key: "in-app-include",
        default: "none", allowed: "the beginning of a path or of a function's name; may be repeated",
        "Frames that count as the application's own", group: .crash, verbs: .running
    ) { draft, text in
        guard !text.isEmpty else { return .notAllowed }
        draft.plan.inAppInclude.append(text)
        return .taken
    },
    RunOption(
        "in-app-exclude", .value("PREFIX"), .list, environment: "SENTRY_RUN_IN_APP_EXCLUDE", key: "in-app-exclude",
        default: "none", allowed: "the beginning of a path or of a function's name; may be repeated",
        "Frames that do not", group: .crash, verbs: .running
    ) { draft, text in
        guard !text.isEmpty else { return .notAllowed }
        draft.plan.inAppExclude.append(text)
        return .taken
    },
]
