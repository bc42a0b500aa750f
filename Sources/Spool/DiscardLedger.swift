// The file that remembers discards between the process that counted them and the courier that reports them.

import LinuxSystem
import SentryProtocol

/// `discards` in the state directory: a line of `reason category quantity dsn` for each count (`-` for no DSN).
package struct DiscardLedger: Sendable {
    private let state: StateDirectory

    private static let file = "discards"
    private static let lock = "discards.lock"
    private static let limit = 1 << 20

    package init(_ state: StateDirectory) { self.state = state }

    /// Adds counts.
    ///
    /// Where another process holds the ledger at this moment they go to a file beside it, so that nobody waits.
    /// - Parameter tag: makes that file's name unique: a run tag and a number.
    package func add(_ discards: [Discard], tag: String) throws(SpoolError) {
        guard !discards.isEmpty else { return }
        do throws(SystemError) {
            guard let lock = try FileLock.take(Self.lock, in: state.root) else {
                return try write(discards, to: "\(Self.file).\(tag)")
            }
            defer { lock.release() }
            try write(Discard.merged(try read(Self.file) + discards), to: Self.file)
        } catch {
            throw SpoolError(writing: error)
        }
    }

    /// Hands all counts to `body` and forgets them when it answers that they are safe elsewhere. Not called for none.
    ///
    /// - Returns: `false` when they were not forgotten: another process is at it, or `body` said no.
    @discardableResult
    package func drain(_ body: ([Discard]) -> Bool) throws(SpoolError) -> Bool {
        do throws(SystemError) {
            guard let lock = try FileLock.take(Self.lock, in: state.root) else { return false }
            defer { lock.release() }
            let names = try state.root.names().filter { $0.hasPrefix(Self.file) && $0 != Self.lock }
            var discards: [Discard] = []
            for name in names { discards += try read(name) }
            if !discards.isEmpty, !body(Discard.merged(discards)) { return false }
            for name in names { try state.root.remove(name) }
            return true
        } catch {
            throw SpoolError(writing: error)
        }
    }

    private func read(_ name: String) throws(SystemError) -> [Discard] {
        guard let bytes = try state.root.read(name, limit: Self.limit) else { return [] }
        return bytes.split(separator: 0x0A).compactMap { line in
            Discard(fields: line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) })
        }
    }

    private func write(_ discards: [Discard], to name: String) throws(SystemError) {
        let lines = discards.map { $0.fields.joined(separator: " ") + "\n" }
        try AtomicFile.write(Array(lines.joined().utf8), name, in: state.root, tmp: state.tmp, sync: false)
    }
}
