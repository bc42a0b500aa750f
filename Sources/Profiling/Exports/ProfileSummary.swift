// What a profile shows, as a few lines for a terminal.

/// Functions by self and by total time, and how far the samples are to be trusted.
package struct ProfileSummary {
    /// Columns of the terminal; lines are cut to it.
    package var width = 80
    /// Whether SGR colours are wanted: only on a terminal that hasn't refused them.
    package var isColoured = false
    /// Functions in each list, at most.
    package var mostFunctions = 10

    package init(width: Int = 80, isColoured: Bool = false) {
        self.width = max(40, width)
        self.isColoured = isColoured
    }

    private struct Entry {
        var function: CallTree.Function
        var own: Int64 = 0
        var total: Int64 = 0
    }

    /// Several lines, each with its newline.
    package func text(of profile: Profile) -> String {
        let tree = CallTree(profile)
        var lines = [headline(profile, tree)]
        lines += warnings(profile).map { paint("33", cut("! \(printable($0))", to: width)) }
        guard tree.total > 0 else {
            return (lines + ["no samples: nothing ran long enough to be seen"]).joined(separator: "\n") + "\n"
        }
        let entries = entries(of: tree)
        let kind = profile.mode == .cpu ? "processor time" : "time"
        lines += list("Most \(kind) of their own", entries.sorted { order($0.own, $1.own, $0, $1) }, \.own, tree.total)
        lines += list(
            "Most \(kind) with what they call", entries.sorted { order($0.total, $1.total, $0, $1) }, \.total,
            tree.total)
        return lines.joined(separator: "\n") + "\n"
    }

    private func headline(_ profile: Profile, _ tree: CallTree) -> String {
        let what = "\(tree.count) \(tree.count == 1 ? "sample" : "samples") in \(durationText(profile.duration))"
        let threads = "\(profile.threads.count) \(profile.threads.count == 1 ? "thread" : "threads")"
        let processes = "\(profile.processes.count) \(profile.processes.count == 1 ? "process" : "processes")"
        let how = "\(profile.source), \(profile.frequency) Hz"
        return cut("\(paint("1", what)) of \(threads) in \(processes) (\(how))", to: width + (isColoured ? 8 : 0))
    }

    private func warnings(_ profile: Profile) -> [String] {
        let tally = profile.tally
        var texts: [String] = []
        if tally.lost > 0 { texts.append("\(tally.lost) samples were lost, the buffer was full") }
        if tally.throttled > 0 { texts.append("the kernel slowed the sampling down \(tally.throttled) times") }
        if tally.late > 0 { texts.append("\(tally.late) samples were late and left out") }
        if tally.truncated > 0 { texts.append("\(tally.truncated) stacks do not reach their thread's start") }
        return texts + profile.notes
    }

    /// By function: recursion counts once.
    private func entries(of tree: CallTree) -> [Entry] {
        var entries = tree.functions.map { Entry(function: $0) }
        // Nodes come after their parents, but not depth first: whether a function is above one is found by marks on the way down.
        let (firstRoot, first, next) = tree.childLists()
        var open = [UInt32](repeating: 0, count: entries.count)
        var path: [Int32] = []
        var node = firstRoot
        while node >= 0 {
            let function = Int(tree.nodes[Int(node)].function)
            entries[function].own += tree.nodes[Int(node)].own
            if open[function] == 0 { entries[function].total += tree.nodes[Int(node)].total }
            open[function] += 1
            path.append(node)
            node = first[Int(node)]
            while node < 0, let done = path.popLast() {
                open[Int(tree.nodes[Int(done)].function)] -= 1
                node = next[Int(done)]
            }
        }
        let processes = Set(tree.nodes.lazy.filter { $0.parent < 0 }.map { Int($0.function) })
        return entries.indices.filter { !processes.contains($0) }.map { entries[$0] }
    }

    private func order(_ one: Int64, _ other: Int64, _ left: Entry, _ right: Entry) -> Bool {
        one == other ? left.function.name < right.function.name : one > other
    }

    private func list(_ title: String, _ entries: [Entry], _ value: KeyPath<Entry, Int64>, _ whole: Int64) -> [String] {
        let shown = entries.prefix(mostFunctions).filter { $0[keyPath: value] > 0 }
        guard !shown.isEmpty else { return [] }
        return ["", paint("1", title)]
            + shown.map { entry in
                let share = percentText(entry[keyPath: value], of: whole)
                let time = durationText(entry[keyPath: value])
                let module = entry.function.module.map { path in
                    "  \(path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path)"
                }
                let head = "\(leftPadded(share, to: 8))  \(leftPadded(time, to: 8))  "
                let room = max(12, width - head.count)
                let name = printable(entry.function.name)
                // The module only where the name leaves room for it.
                let tail = module.map(printable).flatMap { name.count + $0.count <= room ? $0 : nil } ?? ""
                return head + (entry.function.inApp ? paint("36", cut(name, to: room)) : cut(name, to: room))
                    + paint("2", tail)
            }
    }

    private func leftPadded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }

    private func paint(_ code: String, _ text: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Names cannot drive the reader's terminal: control characters become visible.
    private func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.value {
                    case 0x00...0x1F: Unicode.Scalar(0x2400 + scalar.value) ?? "?"
                    case 0x7F...0x9F: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
