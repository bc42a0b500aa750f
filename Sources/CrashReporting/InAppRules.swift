// Which frames are the application's own: they make an issue's title and its group.

import SentryProtocol

/// Tells the application's frames from those of the system and of language runtimes.
///
/// The job's own executable is the application, wherever it lies: who runs `/usr/bin/rsync` under us wants to know where it
/// crashed. Everything else by what people wrote (`include` before `exclude`), then by the function's name, then by path.
package struct InAppRules: Sendable, Equatable {
    /// Prefixes of a file's path (the ELF file or the source) or of a function's name.
    package var include: [String]
    package var exclude: [String]
    /// Absolute path of the program that crashed; empty where it is not known.
    package var executable: String

    package init(include: [String] = [], exclude: [String] = [], executable: String = "") {
        self.include = include
        self.exclude = exclude
        self.executable = executable
    }

    package func isInApp(_ frame: Frame) -> Bool {
        let names = [frame.package, frame.absolutePath, frame.filename, frame.function].compactMap { $0 }
        if names.contains(where: { name in include.contains { name.hasPrefix($0) } }) { return true }
        if names.contains(where: { name in exclude.contains { name.hasPrefix($0) } }) { return false }
        if let function = frame.function, Self.isRuntime(function) { return false }
        if let source = frame.absolutePath ?? frame.filename, Self.isSystemSource(source) { return false }
        guard let file = frame.package, !file.isEmpty else { return frame.function != nil }
        if file == executable { return true }
        return !Self.isSystemFile(file)
    }

    /// Sets what the backtracer left open.
    package func mark(_ trace: inout StackTrace) {
        for index in trace.frames.indices where trace.frames[index].inApp == nil {
            trace.frames[index].inApp = isInApp(trace.frames[index])
        }
    }

    package func mark(_ stacks: inout CrashStacks) {
        for index in stacks.threads.indices where stacks.threads[index].stackTrace != nil {
            var trace = stacks.threads[index].stackTrace ?? StackTrace(frames: [])
            mark(&trace)
            stacks.threads[index].stackTrace = trace
        }
    }

    // MARK: Files

    /// `/opt` and `/usr/local` are where people install what is theirs.
    private static let systemDirectories = [
        "/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/usr/libx32/", "/usr/libexec/", "/lib/", "/lib32/", "/lib64/",
        "/libx32/",
    ]

    /// The C library and language runtimes are often brought along (snap, Nix, bundles): known by name.
    private static let runtimeFiles = [
        "ld-linux", "ld-musl", "ld64.so", "ld-2.", "libc.so", "libc-2.", "libc.musl", "libpthread", "libm.so",
        "libdl.so",
        "librt.so", "libgcc_s", "libstdc++", "libc++.so", "libc++abi", "libunwind", "libswift", "libFoundation",
        "lib_Foundation", "libdispatch", "libBlocksRuntime", "libgo.so", "libasan", "libtsan", "libubsan", "liblsan",
        "libjvm", "libpython", "libruby", "libstd-",
    ]

    private static func isSystemFile(_ path: String) -> Bool {
        if path.hasPrefix("[") || systemDirectories.contains(where: { path.hasPrefix($0) }) { return true }
        let name = path.baseName
        return runtimeFiles.contains { name.hasPrefix($0) }
    }

    /// Code of headers and of other people's packages, inlined or instantiated in the program.
    private static func isSystemSource(_ path: String) -> Bool {
        path.hasPrefix("/usr/include/") || path.hasPrefix("/usr/lib/") || path.hasPrefix("/rustc/")
            || path.has("/.cargo/registry/") || path.has("/rustlib/src/") || path.has("/go/pkg/mod/")
            || path.hasPrefix("/usr/local/go/src/") || path.hasPrefix("/usr/lib/go")
    }

    // MARK: Functions

    /// Namespaces of C++'s, Rust's, Go's and Swift's own libraries, which static programs contain.
    private static let runtimeNamespaces = [
        "std::", "core::", "alloc::", "<std::", "<core::", "<alloc::", "__gnu_cxx::", "__cxxabiv1::", "__cxa_",
        "__gxx_", "_Unwind_", "rust_begin_unwind", "rust_panic", "__rust_", "__rustc", "std.", "runtime.",
        "internal/runtime", "runtime/internal", "syscall.", "Swift.", "Swift runtime failure: ", "_assertionFailure(",
        "_fatalErrorMessage(", "swift_", "$ss", "$sS",
        "__libc_", "__pthread_", "__GI_", "__interceptor_", "__asan", "__ubsan", "__tsan", "__sanitizer", "_dl_",
    ]

    /// What stands at either end of a stack in a static program, where no path tells.
    private static let runtimeFunctions: Set<String> = [
        "_start", "start_thread", "clone", "__clone", "clone3", "__clone3", "__restore_rt", "abort", "raise", "gsignal",
        "pthread_kill", "__assert_fail", "__assert_fail_base", "__assert", "malloc_printerr", "__stack_chk_fail",
        "__fortify_fail", "__fortify_fail_abort", "__chk_fail", "_int_free", "_int_malloc", "free", "malloc", "realloc",
        "calloc", "memcpy", "memmove", "memset", "strlen", "strcpy", "exit", "_exit", "lang_start",
        "__kernel_rt_sigreturn",
    ]

    private static func isRuntime(_ function: String) -> Bool {
        let name = qualifiedName(function)
        if runtimeNamespaces.contains(where: { name.hasPrefix($0) }) { return true }
        return runtimeFunctions.contains(String(name.before("(") ?? name))
    }

    /// Without the return type that C++ puts in front of a template's instance: `void std::sort<int*>(int*, int*)`.
    static func qualifiedName(_ function: String) -> Substring {
        var depth = 0
        var start = function.startIndex
        for index in function.utf8.indices {
            switch function.utf8[index] {
            case UInt8(ascii: "<"): depth += 1
            case UInt8(ascii: ">"): depth = max(0, depth - 1)
            case UInt8(ascii: "(") where depth == 0: return function[start...]
            case UInt8(ascii: " ") where depth == 0: start = function.utf8.index(after: index)
            default: break
            }
        }
        // Only a parameter list shows that what stood before was a type: other languages have blanks in names.
        return function[...]
    }
}
