// The forms in which a profile leaves us, and how a file's name tells which.

/// A file format of profiles. The raw value is what `--format` takes.
package enum ProfileFormat: String, Sendable, CaseIterable {
    /// A flame graph as a picture.
    case svg
    /// For speedscope.app: each thread's stacks over time.
    case speedscope
    /// For `pprof` and what understands it: protocol buffers, gzipped.
    case pprof
    /// A line for each stack, for flamegraph.pl and the like.
    case collapsed
    /// As `perf script` prints samples.
    case perf

    /// Reads what was given to `--format`, also by the names that other tools use.
    package init?(named name: String) {
        switch name.lowercased() {
        case "folded": self = .collapsed
        case "perf-script": self = .perf
        case let name: self.init(rawValue: name)
        }
    }

    /// Endings of files' names, the most telling first; the first is the one for a new file.
    package var fileNameEndings: [String] {
        switch self {
        case .svg: [".svg"]
        case .speedscope: [".speedscope.json", ".speedscope"]
        case .pprof: [".pb.gz", ".pprof", ".pprof.gz", ".pb"]
        case .collapsed: [".collapsed", ".folded", ".collapsed.txt", ".folded.txt"]
        case .perf: [".perf.txt", ".perf", ".perf-script"]
        }
    }

    /// The format that a file's name asks for; `.json` alone is speedscope's, `.txt` collapsed. `nil` where it tells none.
    package init?(fileName: String) {
        let name = fileName.lowercased()
        for format in Self.allCases where format.fileNameEndings.contains(where: name.hasSuffix) {
            self = format
            return
        }
        switch true {
        case name.hasSuffix(".json"): self = .speedscope
        case name.hasSuffix(".txt"): self = .collapsed
        default: return nil
        }
    }
}
