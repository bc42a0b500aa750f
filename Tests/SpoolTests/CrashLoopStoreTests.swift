import LinuxSystem
import Spool
import TestFiles
import Testing

@Suite struct CrashLoopStoreTests {
    private let temporary: TemporaryDirectory
    private let state: StateDirectory
    private let store: CrashLoopStore

    init() throws {
        temporary = try TemporaryDirectory()
        state = try StateDirectory.open(temporary.path + "/state")
        store = CrashLoopStore(state)
    }

    @Test func `what is kept is there for the next run`() throws {
        try store.update("00ff") { kept in
            #expect(kept == nil)
            return Array("1".utf8)
        }
        try store.update("00ff") { kept in
            #expect(kept == Array("1".utf8))
            return Array("2".utf8)
        }
        try store.update("11aa") { kept in
            #expect(kept == nil)
            return nil
        }
        #expect(try state.root.subdirectory("crash-loops").names() == ["00ff.json"])
        #expect(try state.tmp.names().isEmpty)
    }

    @Test func `nothing is kept of a job that got up`() throws {
        try store.update("00ff") { _ in Array("1".utf8) }
        try store.update("00ff") { _ in nil }
        #expect(try state.root.subdirectory("crash-loops").names().isEmpty)
    }

    @Test func `a state directory without crashes has no place for them`() throws {
        try store.update("00ff") { _ in nil }
        #expect((try? state.root.subdirectory("crash-loops")) == nil)
    }
}
