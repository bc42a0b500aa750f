// swift-tools-version: 6.1
import PackageDescription

// The dependency graph is the architecture: the supervisor (`sentry-run`) cannot reach Delivery, and neither it nor
// the reporter can reach libcurl. See docs/architecture.md.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // A section for each function, so that the linker can put those that every run needs side by side (below).
    .unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release)),
]

let staticProgram: [LinkerSetting] = [
    .unsafeFlags(["-static-executable", "-use-ld=lld", "-Xlinker", "--gc-sections"])
]

/// Static executables start in a third of the time of dynamic ones and need no Swift runtime on the host.
///
/// What the kernel maps of a program it counts in pieces of 64 KiB, so the functions that every run needs are put side by
/// side: `scripts/order-functions` writes their order. A name that no longer exists does no harm.
func staticExecutable(order: String) -> [LinkerSetting] {
    staticProgram + [
        // See CProgramStart.
        .unsafeFlags(["-Xlinker", "--wrap=swift_copyAuxiliaryExecutablePath"]),
        .unsafeFlags(
            [
                "-Xlinker", "--symbol-ordering-file=\(Context.packageDirectory)/Support/link/\(order)",
                "-Xlinker", "--no-warn-symbol-ordering",
            ], .when(configuration: .release)),
    ]
}

/// The courier needs a dynamic libcurl (name service, TLS), so only the Swift runtime is linked statically, and the C++ one
/// with it: `Support/link/libstdc++.so` is a linker script that names the archive.
let staticRuntime: [LinkerSetting] = [
    .unsafeFlags([
        "-static-stdlib", "-use-ld=lld", "-Xlinker", "--gc-sections",
        "-L\(Context.packageDirectory)/Support/link", "-Xclang-linker", "-static-libgcc",
    ])
]

let package = Package(
    name: "sentry-run",
    targets: [
        // The operating system, behind one wall.
        .target(
            name: "CLinux",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .target(name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: strict),

        // Linked into the static programs in place of what the Swift runtime does before main.
        .target(name: "CProgramStart", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),

        // Values.
        .target(name: "SentryProtocol", swiftSettings: strict),
        .target(name: "SupervisorLink", dependencies: ["LinuxSystem"], swiftSettings: strict),
        .target(name: "Patterns", swiftSettings: strict),
        .target(name: "RunOptions", dependencies: ["Patterns", "SentryProtocol"], swiftSettings: strict),

        // The supervisor's room.
        .target(name: "JobControl", dependencies: ["LinuxSystem", "SupervisorLink"], swiftSettings: strict),

        // The reporter's rooms.
        .target(
            name: "OutputCapture", dependencies: ["LinuxSystem", "Patterns", "SentryProtocol"], swiftSettings: strict),
        .target(name: "HostContext", dependencies: ["LinuxSystem", "SentryProtocol"], swiftSettings: strict),
        .target(name: "CrashReporting", dependencies: ["SentryProtocol"], swiftSettings: strict),
        .target(name: "RunLifecycle", dependencies: ["RunOptions", "SentryProtocol"], swiftSettings: strict),
        .target(name: "Spool", dependencies: ["LinuxSystem", "SentryProtocol"], swiftSettings: strict),

        // Shared by reporter and backtracer.
        .target(name: "SourceFiles", dependencies: ["LinuxSystem"], swiftSettings: strict),

        // The backtracer's room: from a process as it stood still to names.
        .target(
            name: "CUnwind",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [
                .linkedLibrary("unwind-x86_64", .when(platforms: [.linux])), .linkedLibrary("unwind"),
                .linkedLibrary("lzma"), .unsafeFlags(["-Xlinker", "--wrap=sigprocmask"]),
            ]),
        .target(
            name: "CDebugInfo",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [
                .linkedLibrary("dw"), .linkedLibrary("elf"), .linkedLibrary("z"), .linkedLibrary("bz2"),
                .linkedLibrary("lzma"), .linkedLibrary("iberty"),
            ]),
        .target(
            name: "Backtracing", dependencies: ["CDebugInfo", "CUnwind", "LinuxSystem"], swiftSettings: strict),

        // The profiler's room: from samples of stacks to a profile.
        .target(
            name: "Profiling",
            dependencies: ["Backtracing", "CZlib", "LinuxSystem", "SentryProtocol", "SupervisorLink"],
            resources: [
                "page.html", "style.css", "document.js", "tree.js", "drawing.js", "timeline.js", "table.js", "page.js",
            ]
            .map { .embedInCode("Exports/Page/\($0)") },
            swiftSettings: strict),

        // The courier's room.
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "Delivery", dependencies: ["CCurl", "CZlib", "LinuxSystem", "Spool", "SentryProtocol"],
            swiftSettings: strict),

        // The programs.
        .executableTarget(
            name: "sentry-run",
            dependencies: [
                "CProgramStart", "JobControl", "LinuxSystem", "RunLifecycle", "RunOptions", "SupervisorLink",
            ],
            swiftSettings: strict, linkerSettings: staticExecutable(order: "sentry-run.order")),
        .executableTarget(
            name: "sentry-run-reporter",
            dependencies: [
                "CProgramStart", "CrashReporting", "HostContext", "LinuxSystem", "OutputCapture", "Patterns",
                "RunLifecycle", "RunOptions", "SentryProtocol", "SourceFiles", "Spool", "SupervisorLink",
            ],
            swiftSettings: strict, linkerSettings: staticExecutable(order: "sentry-run-reporter.order")),
        .executableTarget(
            name: "sentry-run-backtracer",
            dependencies: [
                "Backtracing", "CrashReporting", "LinuxSystem", "SentryProtocol", "SourceFiles", "SupervisorLink",
            ],
            swiftSettings: strict, linkerSettings: staticProgram),
        .executableTarget(
            name: "sentry-run-profiler",
            dependencies: [
                "Backtracing", "CrashReporting", "JobControl", "LinuxSystem", "Profiling", "RunOptions",
                "SentryProtocol", "SupervisorLink",
            ],
            swiftSettings: strict, linkerSettings: staticProgram),
        .executableTarget(
            name: "sentry-run-courier",
            dependencies: ["Delivery", "LinuxSystem", "RunOptions", "SentryProtocol", "Spool"],
            swiftSettings: strict, linkerSettings: staticRuntime),

        // A program that misbehaves on request: the job in the tests.
        .executableTarget(
            name: "FixtureJob", path: "Tests/FixtureJob",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),

        // Measures OutputCapture: `scripts/bench --only output`.
        .executableTarget(
            name: "OutputBench", dependencies: ["LinuxSystem", "OutputCapture", "SentryProtocol"],
            path: "Tests/OutputBench", swiftSettings: strict, linkerSettings: staticProgram),

        .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem"], swiftSettings: strict),
        .testTarget(name: "SentryProtocolTests", dependencies: ["SentryProtocol"], swiftSettings: strict),
        .testTarget(name: "SupervisorLinkTests", dependencies: ["SupervisorLink"], swiftSettings: strict),
        .testTarget(name: "PatternsTests", dependencies: ["Patterns"], swiftSettings: strict),
        .testTarget(name: "RunOptionsTests", dependencies: ["RunOptions"], swiftSettings: strict),
        .testTarget(name: "JobControlTests", dependencies: ["JobControl"], swiftSettings: strict),
        .testTarget(
            name: "OutputCaptureTests", dependencies: ["OutputCapture", "Patterns"], exclude: ["Corpus"],
            swiftSettings: strict),
        .testTarget(name: "HostContextTests", dependencies: ["HostContext"], swiftSettings: strict),
        .testTarget(
            name: "BacktracingTests", dependencies: ["Backtracing", "SourceFiles", "TestFiles"], swiftSettings: strict),
        .testTarget(name: "CrashReportingTests", dependencies: ["CrashReporting"], swiftSettings: strict),
        .testTarget(
            name: "ProfilingTests", dependencies: ["JobControl", "Profiling", "TestFiles"], swiftSettings: strict),
        .testTarget(name: "RunLifecycleTests", dependencies: ["RunLifecycle"], swiftSettings: strict),
        .target(name: "TestFiles", dependencies: ["LinuxSystem"], path: "Tests/TestFiles", swiftSettings: strict),
        .testTarget(name: "SpoolTests", dependencies: ["Spool", "TestFiles"], swiftSettings: strict),
        .testTarget(name: "DeliveryTests", dependencies: ["Delivery", "TestFiles"], swiftSettings: strict),
    ]
)
