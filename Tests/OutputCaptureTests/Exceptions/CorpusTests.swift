import SentryProtocol
import Testing

@testable import OutputCapture

/// What is recognised in a program's output against what the language itself knows of the same exception.
@Suite struct CorpusTests {
    @Test func `the corpus is there`() {
        #expect(Recording.reported.count >= 38)
        #expect(Recording.all().count > Recording.reported.count)
    }

    @Test(arguments: Recording.reported)
    func `a recorded exception is what the language says it is`(_ recording: Recording) throws {
        let report = try #require(recording.report)
        let exceptions = try recording.exceptions()
        let exception = try #require(exceptions.last)
        #expect(exceptions.count == 1, "\(exceptions.map(\.outline))")
        #expect(exception.platform == report["platform"]?.string)
        let expected = report["chain"]?.array ?? []
        let links = exception.links
        #expect(links.count == expected.count, "\(exception.outline)")
        for (link, own) in zip(links, expected) { compare(link, own) }
    }

    private func compare(_ link: SentryException, _ own: JSONValue) {
        if let type = own["type"]?.string { #expect(link.type == type) }
        let value = own["value"]?.string ?? ""
        // Node quotes a value of its own making; what is compared is the exception's.
        #expect((link.value ?? "") == value)
        if let module = own["module"]?.string, module != "?" { #expect(link.module == module) }
        #expect(link.mechanism?.source == own["source"]?.string)
        let frames = link.stackTrace?.frames ?? []
        let reported = own["frames"]?.array ?? []
        // A value that is no error has no stack: where it was thrown is shown all the same.
        if own["type"] == nil { return }
        // Runtimes fold a recursion and cut what is long: what is left is at both ends.
        let isFolded = reported.count > frames.count && reported.count > 100
        if !isFolded { #expect(frames.count == reported.count, "\(frames.map(\.outline))") }
        for (frame, own) in zip(frames, reported).prefix(3) { compare(frame, own) }
        for (frame, own) in zip(frames.reversed(), reported.reversed()).prefix(isFolded ? 2 : 1000) {
            compare(frame, own)
        }
    }

    private func compare(_ frame: Frame, _ own: JSONValue) {
        if let function = own["function"]?.string, !function.isEmpty {
            #expect(frame.function == function, "\(frame.outline)")
        }
        if let module = own["module"]?.string { #expect(frame.module == module) }
        if let file = own["file"]?.string {
            let path = file.hasPrefix("file://") ? String(file.dropFirst(7)) : file
            #expect((frame.absolutePath ?? frame.filename) == path || path.hasPrefix("<"), "\(frame.outline)")
        }
        if let line = own["line"]?.integer { #expect(frame.line == Int(line), "\(frame.outline)") }
        if let column = own["column"]?.integer { #expect(frame.column == Int(column), "\(frame.outline)") }
        if let source = own["source"]?.string, !source.isEmpty { #expect(frame.contextLine == source) }
    }
}
