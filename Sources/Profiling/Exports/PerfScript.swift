// Samples as `perf script` prints them, for the many programs that read that.

/// Writes samples in the text form of perf-script(1): a header line, the frames from the innermost on, an empty line.
///
/// Addresses are those of the modules' files, not of the processes. A folded sample is one with a longer period.
struct PerfScript {
    private let profile: Profile
    private let event: String

    init(_ profile: Profile) {
        self.profile = profile
        event = profile.mode == .cpu ? "cpu-clock:u" : "task-clock:u"
    }

    func write(to stream: ExportStream) {
        let frames = profile.frames.map(Self.frameLine)
        for timeline in profile.timelines() {
            let thread = profile.threads[timeline.thread]
            let process = profile.processes[Int(thread.process)]
            let title = Self.word(thread.name.isEmpty ? process.name : thread.name)
            for span in timeline.spans {
                stream.text("\(title) \(process.pid)/\(thread.tid) ")
                time(profile.started.nanoseconds &+ span.start, to: stream)
                stream.text(": ")
                stream.integer(span.duration)
                stream.text(" \(event): \n")
                var node = span.node
                while node >= 0 {
                    let place = profile.nodes[Int(node)]
                    stream.bytes(frames[Int(place.frame)])
                    node = place.parent
                }
                stream.byte(UInt8(ascii: "\n"))
            }
        }
    }

    /// Seconds with microseconds.
    private func time(_ nanoseconds: Int64, to stream: ExportStream) {
        let micros = max(0, nanoseconds) / 1000
        stream.integer(micros / 1_000_000)
        let fraction = String(micros % 1_000_000)
        stream.text(".\(String(repeating: "0", count: 6 - fraction.count))\(fraction)")
    }

    private static func frameLine(_ frame: ProfileFrame) -> [UInt8] {
        let address = String(frame.address, radix: 16)
        let padding = String(repeating: " ", count: max(0, 16 - address.utf8.count))
        let module = frame.isInlined ? "inlined" : frame.module.map { line($0) } ?? "[unknown]"
        return Array("\(padding)\(address) \(line(frame.function)) (\(module))\n".utf8)
    }

    /// Without what ends a line.
    private static func line(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    /// Without blanks too, as a thread's name is read.
    private static func word(_ text: String) -> String {
        let word = text.utf8.map { $0 <= 0x20 || $0 == 0x7F ? UInt8(ascii: "_") : $0 }
        return word.isEmpty ? "[unknown]" : String(decoding: word, as: UTF8.self)
    }
}
