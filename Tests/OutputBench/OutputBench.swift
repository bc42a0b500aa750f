// How fast the room understands a text: `OutputBench ROW FILE [PASSES]` prints bytes per second of processor time. `scripts/bench --only
// output` runs it beside grep and jq on the same files. `OutputBench triggers FILE` prints what `TriggerGroups.known` should be.

import LinuxSystem

@main
struct OutputBench {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.count == 2, words[0] == "triggers" { return chooseTriggers(words[1]) }
        guard words.count >= 2, let row = BenchRow(rawValue: words[0]) else {
            let rows = BenchRow.allCases.map(\.rawValue).joined(separator: "|")
            return say("usage: OutputBench \(rows) FILE [PASSES]\n")
        }
        do {
            let text = try readSmallFile(words[1], limit: 1 << 30)
            let passes = words.count > 2 ? max(1, Int(words[2]) ?? 1) : 1
            let begin = processorTimeOfThread()
            var lines = 0
            for _ in 0..<passes { lines += row.run(over: text) }
            let nanoseconds = processorTimeOfThread() - begin
            let perSecond = Double(text.count * passes) / (Double(max(1, nanoseconds)) / 1e9)
            say("\(Int(perSecond)) \(lines / passes)\n")
        } catch {
            say("OutputBench: \(error)\n")
        }
    }

    private static func chooseTriggers(_ path: String) {
        do {
            var search = TriggerSearch(try readSmallFile(path, limit: 1 << 26))
            say(search.run() + "\n")
        } catch {
            say("OutputBench: \(error)\n")
        }
    }

    private static func say(_ text: String) { try? FileDescriptor.standardOutput.writeAll(Array(text.utf8)) }
}
