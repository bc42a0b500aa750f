// The backtraces of Rust's standard library and of the crates that print like it.

import SentryProtocol

/// `   5: shop::Store::get` and the line `             at ./src/main.rs:9:30` below it.
struct RustBacktrace: Sendable {
    private var frames = FrameList()
    private(set) var hasBegun = false

    mutating func begin() { hasBegun = true }

    /// - Returns: the line belongs to the backtrace.
    mutating func take(_ line: Substring) -> Bool {
        guard hasBegun, line.indentation > 0 || line.utf8.first?.isDigit == true else { return false }
        let text = line.trimmed
        if let place = text.cutting(prefix: "at ") {
            locate(place)
            return true
        }
        guard let (number, rest) = text.parts(around: ": "), number.wholeNumber != nil else {
            // `[... omitted 1 frame ...]`
            if text.begins(with: "[...") || text.begins(with: "⋮") { return true }
            // Of functions that were inlined into another one only the first has a number.
            guard !frames.isEmpty, line.indentation >= 6, text.includes("::") else { return false }
            frames.append(frame(text))
            return true
        }
        frames.append(frame(rest.trimmed))
        return true
    }

    /// With `RUST_BACKTRACE=full` an address stands before the name.
    private func frame(_ text: Substring) -> Frame {
        let name = text.begins(with: "0x") ? text.parts(around: " - ")?.after ?? text : text
        let function = Self.withoutCrateHashes(Self.withoutHash(name))
        var frame = Frame(function: String(function))
        frame.inApp = !Self.isRuntime(function)
        return frame
    }

    private mutating func locate(_ place: Substring) {
        guard let (file, line, column) = place.place else { return }
        frames.changeLast { frame in
            guard frame.line == nil else { return }
            let path = file.cutting(prefix: "./") ?? file
            let source = Frame(function: nil, path: path, line: line, column: column)
            frame.filename = source.filename
            frame.absolutePath = source.absolutePath
            frame.line = line
            frame.column = column
            if source.inApp == false { frame.inApp = false }
        }
    }

    /// `core::panicking::panic_fmt::h0123456789abcdef`
    private static func withoutHash(_ name: Substring) -> Substring {
        guard let (head, hash) = name.parts(aroundLast: "::h"), hash.utf8.count == 16 else { return name }
        return head
    }

    /// `std[e28293b1aa0f68bd]::rt::lang_start`: which build of a crate it is says nothing of the function.
    private static func withoutCrateHashes(_ name: Substring) -> Substring {
        var rest = name
        var text = ""
        while let (before, after) = rest.parts(around: "[") {
            let hash = after.utf8.prefix { $0.isAlphanumeric }
            let isHash = hash.count >= 12 && after[hash.endIndex...].begins(with: "]")
            text += before + (isHash ? "" : "[")
            rest = isHash ? after[after.utf8.index(after: hash.endIndex)...] : after
        }
        return text.isEmpty ? name : (text + rest)[...]
    }

    /// Crates, as the first word of a path.
    private static let runtimeCrates: Set<String> = [
        "std", "core", "alloc", "__rustc", "anyhow", "eyre", "color_eyre", "backtrace", "tokio", "futures", "rayon",
    ]
    /// Names of the C library's and the compiler's, which have no path.
    private static let runtimeFunctions: Set<String> = [
        "rust_begin_unwind", "_start", "__libc_start_main", "__libc_start_main_impl", "__libc_start_call_main", "main",
        "<unknown>", "clone", "clone3", "__clone3", "start_thread", "__rust_try", "rust_panic",
    ]

    private static func isRuntime(_ function: Substring) -> Bool {
        if runtimeFunctions.contains(String(function)) { return true }
        let start = function.utf8.firstIndex { $0.isNamePart } ?? function.startIndex
        return runtimeCrates.contains(String(function[start...].parts(around: "::")?.before ?? ""))
    }

    /// Oldest first, without the machinery of the panic itself.
    var ownFrames: [Frame] {
        let all = frames.frames
        let start = all.lastIndex { frame in
            Self.machinery.contains { frame.function?.includes($0) == true }
        }
        return Array(all[(start.map { $0 + 1 } ?? 0)...].reversed())
    }

    private static let machinery = [
        "rust_begin_unwind", "panicking::panic_fmt", "panicking::begin_panic", "rust_end_short_backtrace",
    ]
}
