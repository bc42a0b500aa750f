// The forms in which a profile leaves us, and how a file's name tells which.

/// A file format of profiles. The raw value is what `--format` takes.
package enum ProfileFormat: String, Sendable, CaseIterable {
    /// A page with a flame graph, for any browser. Keeps everything, so it can be read back.
    case html
    /// A flame graph as a picture.
    case svg
    /// For speedscope.app: each thread's stacks over time.
    case speedscope
    /// For `pprof` and what understands it: protocol buffers, gzipped.
    case pprof
    /// A line for each stack, for flamegraph.pl and the like.
    case collapsed
    /// For profiler.firefox.com, in its processed form.
    case firefox
    /// As `perf script` prints samples.
    case perf

    /// Reads what was given to `--format`, also by the names that other tools use.
    package init?(named name: String) {
        switch name.lowercased() {
        case "gecko": self = .firefox
        case "folded": self = .collapsed
        case "perf-script": self = .perf
        case let name: self.init(rawValue: name)
        }
    }

    /// Endings of files' names, the most telling first; the first is the one for a new file.
    package var fileNameEndings: [String] {
        switch self {
        case .html: [".html", ".htm"]
        case .svg: [".svg"]
        case .speedscope: [".speedscope.json", ".speedscope"]
        case .pprof: [".pb.gz", ".pprof", ".pprof.gz", ".pb"]
        case .collapsed: [".collapsed", ".folded", ".collapsed.txt", ".folded.txt"]
        case .firefox: [".firefox.json", ".gecko.json", ".firefox", ".gecko"]
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
