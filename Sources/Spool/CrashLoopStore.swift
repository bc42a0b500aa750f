// What is remembered of a job from run to run: a small file for each, in the state directory.

import LinuxSystem

/// `crash-loops/` in the state directory: one file for each job that died at its start. What is in it is the caller's.
package struct CrashLoopStore: Sendable {
    private let state: StateDirectory

    private static let directoryName = "crash-loops"
    /// Ours have a few hundred bytes.
    private static let maximumSize = 64 << 10

    package init(_ state: StateDirectory) { self.state = state }

    /// Changes what is kept for a job. Two runs of it that end at once may count as one: neither waits for the other.
    ///
    /// - Parameters:
    ///   - key: of the job; one path component.
    ///   - change: from what is kept (`nil` where nothing is) to what is to be kept (`nil` for nothing).
    /// - Throws: the failing call; what was kept is then as it was.
    package func update(_ key: String, _ change: ([UInt8]?) -> [UInt8]?) throws(SystemError) {
        let kept = try read(key)
        let new = change(kept)
        if new == kept { return }
        guard let new else { return try remove(key) }
        try state.root.makeDirectory(Self.directoryName)
        let directory = try state.root.subdirectory(Self.directoryName)
        defer { directory.close() }
        try AtomicFile.write(new, Self.fileName(key), in: directory, tmp: state.tmp, sync: false)
    }

    /// Nearly every run ends well and finds no directory at all.
    private func read(_ key: String) throws(SystemError) -> [UInt8]? {
        guard let directory = try? state.root.subdirectory(Self.directoryName) else { return nil }
        defer { directory.close() }
        return try directory.read(Self.fileName(key), limit: Self.maximumSize)
    }

    private func remove(_ key: String) throws(SystemError) {
        let directory = try state.root.subdirectory(Self.directoryName)
        defer { directory.close() }
        try directory.remove(Self.fileName(key))
    }

    private static func fileName(_ key: String) -> String { "\(key).json" }
}
