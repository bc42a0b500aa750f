import LinuxSystem
import Spool
import TestFiles
import Testing

@Suite struct WaitingItemsTests {
    private func texts(_ items: WaitingItems) throws -> [String] {
        try items.all().map { "\($0.item.count) \(String(decoding: $0.payload, as: UTF8.self))" }
    }

    @Test func `what was added waits in its order until it is removed`() throws {
        try withTemporaryDirectory { directory in
            var items = try WaitingItems(in: directory, tmp: directory)
            let first = try items.add(Array("first".utf8), count: 3)
            for number in 2...11 { _ = try items.add(Array("\(number)".utf8), count: 1) }
            #expect(try texts(items) == ["3 first"] + (2...11).map { "1 \($0)" })
            items.remove(first)
            items.remove(first)
            #expect(try texts(items).first == "1 2")
            #expect(try directory.names().count == 10, "nothing else is left behind")
        }
    }

    @Test func `a successor goes on after what its predecessor left`() throws {
        try withTemporaryDirectory { directory in
            var items = try WaitingItems(in: directory, tmp: directory)
            _ = try items.add(Array("left".utf8), count: 2)
            var successor = try WaitingItems(in: directory, tmp: directory)
            #expect(try texts(successor) == ["2 left"])
            _ = try successor.add(Array("new".utf8), count: 1)
            #expect(try texts(successor) == ["2 left", "1 new"])
        }
    }

    @Test(arguments: [
        "waiting-", "waiting-1", "waiting-x-1", "waiting-0-1", "waiting-1--1", "waiting-1-1-1", "log-1-1",
    ])
    func `other files are no items`(name: String) throws {
        try withTemporaryDirectory { directory in
            try AtomicFile.write([1], name, in: directory, tmp: directory, sync: false)
            #expect(try WaitingItems(in: directory, tmp: directory).all().isEmpty)
        }
    }
}
