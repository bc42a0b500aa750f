// Programs that end themselves: abort(), traps, runtime checks.

extension CrashExplanation {
    /// SIGABRT. The C library's abort() sends it to its own thread.
    static func abort(_ scene: CrashScene) -> CrashExplanation {
        guard let words = LastWords(in: scene.errorLines) else {
            return CrashExplanation(
                kind: .abort, title: "aborted",
                sentence: "the program ended itself\(abortCaller(scene)); it printed no reason that we recognise")
        }
        return CrashExplanation(
            kind: .abort, title: words.title,
            sentence: "the program ended itself\(abortCaller(scene)); the cause is its own message on stderr",
            message: words.line)
    }

    private static func abortCaller(_ scene: CrashScene) -> String {
        let callers: [(name: String, clause: String)] = [
            ("__assert_fail", " as an assertion failed"),
            ("__stack_chk_fail", " as a function's stack was overwritten"),
            ("__fortify_fail", " as a buffer was too small"), ("__chk_fail", " as a buffer was too small"),
            ("malloc_printerr", " as the heap is corrupt"), ("std::terminate", " as a C++ exception was not caught"),
            ("__cxxabiv1::__terminate", " as a C++ exception was not caught"), ("rust_panic", " in a Rust panic"),
            ("std::process::abort", " by Rust's std::process::abort"),
        ]
        let caller = callers.first { scene.isInside([$0.name]) }
        if let caller { return caller.clause + ", inferred from \(caller.name) on its stack" }
        return scene.isInside(["abort", "__GI_abort"]) ? " by abort()" : " by a signal to itself"
    }

    /// SIGILL and SIGTRAP: compilers put a trap where a program must not go on.
    static func trap(_ scene: CrashScene) -> CrashExplanation {
        let name = SignalName.of(scene.signal)
        guard let info = scene.info, info.sender == nil else {
            return CrashExplanation(
                kind: .trap, title: SignalName.meaning(scene.signal) ?? name,
                sentence: "it was ended by \(name)" + (scene.info == nil ? "" : ", which it sent to itself"))
        }
        let code = info.codeName.map { " (\($0))" } ?? ""
        if let check = scene.functions.prefix(4).compactMap({ $0?.after("Swift runtime failure: ") }).first {
            return CrashExplanation(
                kind: .trap, title: "Swift runtime failure: \(check)",
                sentence:
                    "a check of Swift's failed: inferred from the trap\(code) and the frame that is named after it")
        }
        if scene.isInside(swiftTraps) {
            return CrashExplanation(
                kind: .trap, title: "Swift fatal error",
                sentence: "Swift's runtime ended it: inferred from the trap\(code) below its assertion functions")
        }
        if scene.isInside(rustTraps) {
            return CrashExplanation(
                kind: .trap, title: "Rust abort",
                sentence: "Rust's runtime ended it: inferred from the trap\(code) below its abort")
        }
        if let address = info.address, let mapping = scene.maps.mapping(at: address), !mapping.path.hasPrefix("/"),
            mapping.path != "[vdso]"
        {
            return CrashExplanation(
                kind: .illegalInstruction, title: "illegal instruction outside of any program file",
                sentence: "it executed \(hexText(address))\(code), in memory that is no program's file: "
                    + "generated code, or a wild jump")
        }
        if scene.signal == Signal.trap {
            return CrashExplanation(
                kind: .trap, title: "trap instruction",
                sentence: "it executed a trap or breakpoint instruction\(code): a compiler's check, or __builtin_trap()"
            )
        }
        return CrashExplanation(
            kind: .illegalInstruction, title: "illegal instruction",
            sentence:
                "it executed an instruction that the processor refuses\(code): a trap that the compiler put there "
                + "(__builtin_trap(), ud2), or code for a newer processor")
    }

    private static let swiftTraps = [
        "Swift._assertionFailure", "_assertionFailure", "Swift._fatalErrorMessage", "Swift.fatalError",
        "$ss17_assertionF",
        "$ss18_fatalErrorMessage", "swift_", "closure #1 in closure #1 in Swift._assertionFailure",
        "function signature specialization", "Swift.preconditionFailure", "merged Swift.",
    ]

    private static let rustTraps = [
        "std::process::abort", "core::intrinsics::abort", "rust_panic", "__rust_start_panic", "std::panicking::",
        "core::panicking::", "panic_abort::", "std::sys::abort_internal", "std::sys::pal::unix::abort_internal",
    ]
}
