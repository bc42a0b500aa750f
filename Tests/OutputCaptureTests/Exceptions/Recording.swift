// What `Tests/ExceptionCorpus` keeps: what programs printed, and what their languages said of it.

import LinuxSystem
import SentryProtocol

@testable import OutputCapture

/// One recorded program: `language/NAME.VERSION.txt`, and `.json` beside it where the language reported on itself.
struct Recording: Sendable, CustomStringConvertible {
    let name: String

    var description: String { name }

    private static let directory =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/ExceptionCorpus/"

    static func read(_ path: String) throws -> [UInt8] {
        let file = try FileDescriptor.openWithoutWaiting(directory + path)
        defer { file.close() }
        return try file.readAll(limit: 4 << 20)
    }

    var output: [UInt8] { get throws { try Self.read(name + ".txt") } }

    /// The language's own report; `nil` where there is none.
    var report: JSONValue? { (try? Self.read(name + ".json")).flatMap { try? JSONValue(parsing: $0) } }

    /// Everything that was recorded of some languages, or of all.
    static func all(_ languages: String...) -> [Recording] {
        let found = paths(matching: directory + "*/*.txt").map { path in
            Recording(name: path.split(separator: "/").suffix(2).joined(separator: "/").replacingEnd(".txt"))
        }
        return found.filter { recording in
            languages.isEmpty || languages.contains { recording.name.hasPrefix($0 + "/") }
        }
    }

    /// Those of which the language reported itself.
    static let reported = all().filter { $0.report != nil }

    func exceptions() throws -> [RecognisedException] { try recognise(output) }
}

/// Everything that is recognised in a stream.
func recognise(_ bytes: [UInt8], chunk: Int = .max) -> [RecognisedException] {
    var detector = ExceptionDetector(.standardError)
    var assembler = LineAssembler()
    var found: [RecognisedException] = []
    func take(_ line: UnsafeRawBufferPointer, _ flags: LineFlags, _ detector: inout ExceptionDetector) {
        detector.take(line, flags, at: Timestamp(nanoseconds: 1_795_234_329_000_000_000))
    }
    bytes.withUnsafeBytes { all in
        var rest = all
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(chunk))
            assembler.feed(part) { take($0, $1, &detector) }
            found += detector.takeFound()
            rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
        }
    }
    assembler.finish { take($0, $1, &detector) }
    detector.finish()
    return found + detector.takeFound()
}

func recognise(_ text: String) -> [RecognisedException] { recognise(Array(text.utf8)) }

extension String {
    fileprivate func replacingEnd(_ end: String) -> String { hasSuffix(end) ? String(dropLast(end.count)) : self }
}

extension RecognisedException {
    var links: [SentryException] { chain(Mechanism(type: "auto.log.stderr_traceback", handled: false)) }

    /// The chain as text, the oldest cause first, a line for each frame.
    var outline: String {
        links.map { link in
            let head = [link.module, link.type, link.value, link.mechanism?.source].map { $0 ?? "-" }.joined(
                separator: " | ")
            return ([head] + (link.stackTrace?.frames ?? []).map { "  " + $0.outline }).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

extension Frame {
    var outline: String {
        let place = [absolutePath ?? filename ?? "-", line.map(String.init) ?? "-", column.map(String.init)].compactMap
        { $0 }
        return "\(inApp == true ? "*" : " ") \(module ?? "-") \(function ?? "-") \(place.joined(separator: ":"))"
    }
}
