import Glibc
import LinuxSystem
import SentryProtocol
import Spool
import TestFiles
import Testing

private let dsn = "http://0123456789abcdef0123456789abcdef@localhost:9/42"

private func envelope(_ kind: ItemKind, dsn: String? = dsn, bytes: Int = 2, itemCount: Int? = nil) -> Envelope {
    let payload = Array("{}".utf8) + [UInt8](repeating: 0x20, count: bytes - 2)
    return Envelope(dsn: dsn, items: [EnvelopeItem(kind, payload: payload, itemCount: itemCount)])
}

@Suite struct SpoolTests {
    private let temporary: TemporaryDirectory
    private let state: StateDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        state = try StateDirectory.open("\(temporary.path)/state")
    }

    private func spool(_ run: String = "3fa9c1d2", _ quota: SpoolQuota = SpoolQuota()) -> Spool {
        Spool(state, run: run, quota: quota)
    }

    @Test func `an accepted envelope lies complete in the outbox`() throws {
        let spool = spool()
        let accepted = envelope(.event)
        try spool.accept(accepted)
        let entries = try spool.list(.outbox)
        #expect(entries.map(\.category) == [.event])
        #expect(try spool.read(entries[0], from: .outbox) == accepted.encoded())
        #expect(entries[0].bytes == accepted.encoded().count)
        #expect(try state.tmp.names() == [])
    }

    @Test func `without a DSN it is kept`() throws {
        let spool = spool()
        try spool.accept(envelope(.event, dsn: nil))
        #expect(try spool.list(.outbox).isEmpty)
        #expect(try spool.list(.kept).count == 1)
    }

    @Test func `a copy for Spotlight begins with its URL`() throws {
        let spool = spool()
        try spool.accept(envelope(.event), destination: .spotlight("http://localhost:8969/stream"))
        let entry = try #require(try spool.list(.spotlight).first)
        let bytes = try #require(try spool.read(entry, from: .spotlight))
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("http://localhost:8969/stream\n{"))
        #expect(try spool.list(.outbox).isEmpty)
    }

    @Test func `an event is worth more than the session that travels with it`() {
        let both = Envelope(dsn: dsn, items: [EnvelopeItem(.session, payload: []), EnvelopeItem(.event, payload: [])])
        #expect(SpoolCategory(of: both) == .event)
    }

    @Test func `a clock that goes back does not turn the order round`() throws {
        nonisolated(unsafe) var times: [Int64] = [2000, 1000, 500]
        let spool = Spool(state, run: "3fa9c1d2", clock: { times.isEmpty ? 1 : times.removeFirst() })
        for _ in 0..<3 { try spool.accept(envelope(.checkIn)) }
        #expect(try spool.list(.outbox).map(\.sequence) == [1, 2, 3])
    }

    @Test func `a second process of the same run goes on counting`() throws {
        try spool().accept(envelope(.checkIn))
        try spool().accept(envelope(.checkIn))
        let sequences = try spool().list(.outbox).map(\.sequence)
        #expect(sequences == [1, 2])
    }

    @Test func `only the run's own files are pending for it`() throws {
        try spool("aaaaaaaa").accept(envelope(.event))
        try spool("aaaaaaaa").accept(envelope(.log))
        try spool("bbbbbbbb").accept(envelope(.event))
        #expect(try spool().pending("aaaaaaaa") == 2)
        #expect(try spool().pending("cccccccc") == 0)
    }

    @Test func `foreign names are ignored`() throws {
        try temporary.file("state/outbox/readme.txt", "hello")
        #expect(try spool().list(.outbox).isEmpty)
    }

    @Test func `what does not fit goes by value and is counted by item`() throws {
        let spool = spool("3fa9c1d2", SpoolQuota(bytes: 1 << 20, count: 2))
        try spool.accept(envelope(.log, bytes: 50, itemCount: 7))
        try spool.accept(envelope(.event))
        try spool.accept(envelope(.event))
        #expect(try spool.list(.outbox).map(\.category) == [.event, .event])
        var counted: [Discard] = []
        try spool.ledger.drain {
            counted = $0
            return true
        }
        #expect(
            Set(counted) == [
                Discard(.cacheOverflow, .logItem, 7, dsn: dsn), Discard(.cacheOverflow, .logByte, 50, dsn: dsn),
            ])
        try spool.ledger.drain { _ in
            Issue.record("what was taken is gone")
            return true
        }
    }

    @Test func `an envelope that alone exceeds the quota is refused and evicts nothing`() throws {
        let spool = spool("3fa9c1d2", SpoolQuota(bytes: 1000, count: 10))
        try spool.accept(envelope(.event))
        #expect(throws: SpoolError.self) { try spool.accept(envelope(.event, bytes: 2000)) }
        #expect(try spool.list(.outbox).count == 1)
    }

    @Test func `counts that nobody took over are still there`() throws {
        let ledger = DiscardLedger(state)
        try ledger.add([Discard(.cacheOverflow, .error)], tag: "a.1")
        try ledger.drain { _ in false }
        try ledger.add([Discard(.cacheOverflow, .error, 2)], tag: "a.2")
        var counted: [Discard] = []
        try ledger.drain {
            counted = $0
            return true
        }
        #expect(counted == [Discard(.cacheOverflow, .error, 3)])
    }

    @Test func `counting does not wait for a process that holds the ledger`() throws {
        let ledger = DiscardLedger(state)
        let lock = try #require(try FileLock.take("discards.lock", in: state.root))
        try ledger.add([Discard(.cacheOverflow, .error)], tag: "a.1")
        lock.release()
        var counted: [Discard] = []
        try ledger.drain {
            counted = $0
            return true
        }
        #expect(counted == [Discard(.cacheOverflow, .error)])
    }

    @Test func `what a dead writer left goes after an hour, what a living one writes stays`() throws {
        try temporary.file("state/tmp/old")
        try temporary.file("state/tmp/new")
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        utimensat(AT_FDCWD, "\(temporary.path)/state/tmp/old", &times, 0)
        spool().removeLeftovers()
        #expect(try state.tmp.names() == ["new"])
    }

    @Test func `a symbolic link planted in the outbox is not followed`() throws {
        try temporary.file("secret", "secret")
        let entry = SpoolEntry(category: .event, time: 1, run: "3fa9c1d2", sequence: 1, bytes: 6)
        symlink("\(temporary.path)/secret", "\(temporary.path)/state/outbox/\(entry.name)")
        #expect(throws: SpoolError.self) { try spool().read(entry, from: .outbox) }
        try spool().remove(entry, from: .outbox)
        #expect(temporary.text("secret") == "secret")
    }

    @Test func `a FIFO planted in the outbox holds nobody`() throws {
        let entry = SpoolEntry(category: .event, time: 1, run: "3fa9c1d2", sequence: 1, bytes: 6)
        mkfifo("\(temporary.path)/state/outbox/\(entry.name)", 0o600)
        #expect(throws: SpoolError.self) { try spool().read(entry, from: .outbox) }
    }

    @Test func `a symbolic link planted where a file is written is replaced, not followed`() throws {
        try temporary.file("victim", "untouched")
        symlink("\(temporary.path)/victim", "\(temporary.path)/state/tmp/x.\(getpid())")
        symlink("\(temporary.path)/victim", "\(temporary.path)/state/x")
        try AtomicFile.write(Array("new".utf8), "x", in: state.root, tmp: state.tmp, sync: true)
        #expect(temporary.text("victim") == "untouched")
        #expect(temporary.text("state/x") == "new")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a small file system"))
    func `a full disk is said, and leaves nothing half-written`() throws {
        let path = "\(temporary.path)/small"
        mkdir(path, 0o700)
        try #require(mount("tmpfs", path, "tmpfs", 0, "size=64k,mode=700") == 0)
        defer { umount(path) }
        let small = try StateDirectory.open("\(path)/state")
        defer { small.close() }
        let spool = Spool(small, run: "3fa9c1d2")
        try spool.accept(envelope(.event, bytes: 10_000))
        let error = #expect(throws: SpoolError.self) { try spool.accept(envelope(.event, bytes: 100_000)) }
        guard case .noSpace = error else {
            Issue.record("not recognised as a full disk: \(String(describing: error))")
            return
        }
        #expect(try small.tmp.names() == [])
        #expect(try spool.list(.outbox).count == 1)
        try spool.accept(envelope(.event, bytes: 10_000))
    }

    @Test func `a watch wakes when a file has left`() throws {
        let spool = spool()
        try spool.accept(envelope(.event))
        let watch = try spool.watchOutbox()
        defer { watch.close() }
        #expect(!watch.drain())
        try spool.remove(try spool.list(.outbox)[0], from: .outbox)
        #expect(watch.wait(milliseconds: 5000))
    }

    @Test func `a lock has one holder, and none after that one's end`() throws {
        let lock = try #require(try FileLock.take("courier.lock", in: state.root))
        #expect(try FileLock.take("courier.lock", in: state.root) == nil)
        #expect(FileLock.isHeld("courier.lock", in: state.root))
        lock.release()
        #expect(!FileLock.isHeld("courier.lock", in: state.root))
    }

    @Test func `a released lock is free though a program that is being started still has a duplicate`() throws {
        let lock = try #require(try FileLock.take("courier.lock", in: state.root))
        let duplicate = try lock.duplicate()
        defer { duplicate.close() }
        lock.release()
        #expect(!FileLock.isHeld("courier.lock", in: state.root))
        let next = try #require(try FileLock.take("courier.lock", in: state.root))
        #expect(FileLock.isHeld("courier.lock", in: state.root))
        next.release()
    }
}
