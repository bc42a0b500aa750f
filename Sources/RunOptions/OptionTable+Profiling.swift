// The options about profiling.

let profileOptions: [RunOption] = [
    .boolean(
        "profile", environment: "SENTRY_RUN_PROFILE", key: "profile",
        "Sample the stacks of the job's processes", group: .profile
    ) { $0.profiles = $1 },
    RunOption(
        "profile-hz", .value("N"), environment: "SENTRY_RUN_PROFILE_HZ", key: "profile-hz", default: "101",
        allowed: "a number from 1 to 1000",
        "Samples a second and thread", group: .profile, verbs: .running
    ) { draft, text in
        guard let frequency = readCount(text), (1...1000).contains(frequency) else { return .notAllowed }
        draft.profile.frequency = frequency
        return .taken
    },
    RunOption(
        "profile-source", .value("SOURCE"), environment: "SENTRY_RUN_PROFILE_SOURCE", key: "profile-source",
        default: "auto", allowed: "auto (perf where the kernel permits it, otherwise ptrace), perf or ptrace",
        "How stacks are taken", group: .profile, verbs: .running
    ) { draft, text in
        guard let source = ProfilePlan.Source(rawValue: text) else { return .notAllowed }
        draft.profile.source = source
        return .taken
    },
    RunOption(
        "profile-mode", .value("MODE"), environment: "SENTRY_RUN_PROFILE_MODE", key: "profile-mode", default: "cpu",
        allowed: "cpu (threads that run) or wall (also threads that wait)",
        "What is sampled", group: .profile, verbs: .running
    ) { draft, text in
        guard let mode = ProfilePlan.Mode(rawValue: text) else { return .notAllowed }
        draft.profile.mode = mode
        return .taken
    },
    RunOption(
        "profile-budget", .value("PERCENT"), environment: "SENTRY_RUN_PROFILE_BUDGET", key: "profile-budget",
        default: "2", allowed: "a percentage of one processor, from 0.1 to 100",
        "Take fewer samples where they cost more than this", group: .profile, verbs: .running
    ) { draft, text in
        guard let percent = readPercentage(text), percent >= 0.1 else { return .notAllowed }
        draft.profile.budget = percent / 100
        return .taken
    },
    RunOption(
        "profiles-sample-rate", .value("RATE"), environment: "SENTRY_PROFILES_SAMPLE_RATE",
        key: "profiles-sample-rate", default: "1", allowed: "a number from 0 to 1; needs --profile",
        "The share of sampled transactions whose profile is sent", group: .profile
    ) { draft, text in
        guard let rate = readRate(text) else { return .notAllowed }
        draft.profile.sampleRate = rate
        return .taken
    },
    RunOption(
        "profile-output", short: "o", .value("FILE"), environment: "SENTRY_RUN_PROFILE_OUTPUT", key: "profile-output",
        default: "none; of profile NAME-DATE-TIME.html", allowed: "a file's path; of a run it needs --profile",
        "Write the profile to this file", group: .profile, verbs: .profiling
    ) { draft, text in
        draft.profile.output = text.isEmpty ? nil : text
        return .taken
    },
    RunOption(
        "format", .value("FORMAT"), environment: "SENTRY_RUN_FORMAT", key: "format",
        default: "by the file's name: .html, .svg, .json (speedscope), .pb.gz (pprof), .txt (collapsed)",
        allowed: formatNames,
        "The format of that file", group: .profile, verbs: .profiling
    ) { draft, text in
        guard let format = ProfilePlan.Format(rawValue: text) else { return .notAllowed }
        draft.profile.format = format
        return .taken
    },
    RunOption(
        "pid", short: "p", .value("PID"), default: "none", allowed: "the number of a process that runs",
        "Profile this process, and what it starts", group: .profile, verbs: .profile
    ) { draft, text in
        guard let process = readCount(text).flatMap({ Int32(exactly: $0) }), process > 0 else { return .notAllowed }
        draft.attachesTo = process
        return .taken
    },
    RunOption(
        "duration", .value("DURATION"), default: "until the process ends, or ^C",
        allowed: "\(durationText); needs --pid",
        "Profile that process for so long", group: .profile, verbs: .profile
    ) { draft, text in
        guard let duration = readDuration(text), duration > 0 else { return .notAllowed }
        draft.duration = duration
        return .taken
    },
]

/// As ``ProfilePlan/Format`` has them. Put together at each start, they would cost more than they are worth.
private let formatNames = "html, svg, speedscope, pprof, collapsed, firefox, perf"
