import Testing

@testable import OutputCapture

@Suite struct DumpTests {
    @Test func dump() throws {
        for r in Recording.all() {
            print("=== \(r)")
            for e in try r.exceptions() {
                print("[\(e.ending) lines \(e.lines) threads \(e.threads.count) logged \(e.isLogged)]");
                print(e.outline.split(separator: "\n").prefix(60).joined(separator: "\n"));
                for t in e.threads.prefix(3) {
                    print("   T", t.id, t.name ?? "-", t.state ?? "-", t.isCrashed, t.frames.map(\.outline))
                }
            }
        }
    }
}
