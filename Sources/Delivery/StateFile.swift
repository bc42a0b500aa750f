// Small facts that one courier leaves to the next.

import LinuxSystem
import Spool

/// A text file of lines in the state directory, or only memory where there is no such directory. Losing it costs
/// courtesy (a limit asked for twice, a loss not reported), never a report: failures to write are told, not thrown.
package struct StateFile {
    private let state: StateDirectory?
    private let name: String
    private let limit = 4 << 20

    package init(_ name: String, in state: StateDirectory?) {
        self.name = name
        self.state = state
    }

    /// The fields of each line, separated by blanks; none when the file is missing or unreadable.
    package func load() -> [[String]] {
        guard let state, let bytes = (try? state.root.read(name, limit: limit)) ?? nil else { return [] }
        return bytes.split(separator: 0x0A).map { line in
            line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// - Returns: whether the lines are on disk (or there is no disk to be on).
    @discardableResult
    package func save(_ lines: [[String]]) -> Bool {
        guard let state else { return true }
        let text = lines.map { $0.joined(separator: " ") + "\n" }.joined()
        do {
            if lines.isEmpty { return try state.root.remove(name) || true }
            try AtomicFile.write(Array(text.utf8), name, in: state.root, tmp: state.tmp, sync: false)
            return true
        } catch {
            return false
        }
    }
}
