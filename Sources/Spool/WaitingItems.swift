// Items on their way into the spool that wait for somebody's answer, kept beside the run's journal: what waits is accepted, and
// whoever takes a dead reporter's place goes on with it.
//
// `waiting-NUMBER-COUNT`: the payloads in the order of their numbers, each of so many entries. Written without fsync, as the
// journal is.

import LinuxSystem

/// The waiting items of one run. Owned by one thread.
package struct WaitingItems {
    /// One of them.
    package struct Item: Sendable, Equatable {
        package let number: Int
        /// Entries in its payload.
        package let count: Int

        /// In the run's directory.
        var name: String { "waiting-\(number)-\(count)" }

        init(number: Int, count: Int) {
            self.number = number
            self.count = count
        }

        /// `nil` for another file's name.
        init?(name: String) {
            let parts = name.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "waiting", let number = Int(parts[1]), let count = Int(parts[2]),
                number > 0, number < .max, count > 0
            else { return nil }
            self.init(number: number, count: count)
        }
    }

    /// Larger than any payload of ours.
    private static let mostBytes = 64 << 20

    private let directory: Directory
    private let tmp: Directory
    private var last: Int

    /// - Parameters:
    ///   - directory: the run's.
    ///   - tmp: of the same file system.
    /// - Throws: when the directory cannot be listed.
    package init(in directory: Directory, tmp: Directory) throws(SystemError) {
        self.directory = directory
        self.tmp = tmp
        last = try Self.all(in: directory).last?.number ?? 0
    }

    /// What waits, the oldest first, with its payload. What cannot be read is left out.
    package func all() throws(SystemError) -> [(item: Item, payload: [UInt8])] {
        try Self.all(in: directory).compactMap { item in
            guard let payload = try? directory.read(item.name, limit: Self.mostBytes) else { return nil }
            return (item, payload)
        }
    }

    /// Keeps another one, whole or not at all.
    package mutating func add(_ payload: [UInt8], count: Int) throws(SystemError) -> Item {
        let item = Item(number: last + 1, count: max(1, count))
        try AtomicFile.write(payload, item.name, in: directory, tmp: tmp, sync: false)
        last = item.number
        return item
    }

    /// It need not wait any more. One that cannot be removed is sent twice at worst.
    package func remove(_ item: Item) { _ = try? directory.remove(item.name) }

    private static func all(in directory: Directory) throws(SystemError) -> [Item] {
        try directory.names().compactMap(Item.init(name:)).sorted { $0.number < $1.number }
    }
}
