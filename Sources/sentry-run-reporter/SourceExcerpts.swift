// The source around the frames of a printed exception, read from this machine.

import LinuxSystem
import OutputCapture
import SentryProtocol
import SourceFiles

/// Reads what the frames name, as the user who runs the job.
///
/// What a program prints may come from anywhere: a made-up traceback must not make us send a file that is no source. So only
/// files whose names say that they are source code are read, and their lines pass the scrubber.
final class SourceExcerpts {
    private let files = SourceContext(rootDirectory: nil)
    private let scrubber: Scrubber

    init(_ scrubber: Scrubber) { self.scrubber = scrubber }

    private static let endings: Set<String> = [
        "py", "pyx", "pyi", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "vue", "svelte", "rb", "erb", "rake",
        "php",
        "phtml", "inc", "pl", "pm", "t", "go", "rs", "swift", "java", "kt", "kts", "scala", "groovy", "clj", "cs", "fs",
        "vb",
        "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "m", "mm", "lua", "r", "R", "jl", "ex", "exs", "erl", "hs",
        "ml",
        "sh", "bash", "ps1", "sql", "nim", "zig", "d", "pas", "f90", "tcl", "cr", "dart",
    ]

    /// Adds the source line, where it is not printed, and those around it.
    ///
    /// - Parameters:
    ///   - directory: what relative paths are relative to.
    ///   - time: a file that was changed since does not say what ran.
    func complete(_ frame: inout Frame, directory: String, at time: Timestamp) {
        guard let name = frame.absolutePath ?? frame.filename, let line = frame.line, frame.preContext.isEmpty,
            let ending = name.split(separator: "/").last?.split(separator: ".").dropFirst().last,
            Self.endings.contains(String(ending)), !name.hasPrefix("<"), !name.contains(":")
        else { return }
        let path = name.hasPrefix("/") ? name : "\(directory)/\(name)"
        guard let excerpt = files.lines(around: line, of: path, builtAt: time.nanoseconds) else { return }
        // Python prints the line itself, without its indentation: another one means another file.
        if let printed = frame.contextLine, Self.unindented(excerpt.line) != Self.unindented(printed) { return }
        frame.contextLine = scrubber.scrub(excerpt.line)
        frame.preContext = excerpt.before.map { scrubber.scrub($0) }
        frame.postContext = excerpt.after.map { scrubber.scrub($0) }
    }

    private static func unindented(_ line: String) -> Substring { line.drop { $0 == " " || $0 == "\t" } }
}
