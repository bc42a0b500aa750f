// The frames of V8's stacks.

import SentryProtocol

enum NodeFrame {
    /// `    at async load (file:///srv/app/main.mjs:4:16)`, `    at node:internal/main:28:49`, `    at JSON.parse (<anonymous>)`.
    static func read(_ line: Substring) -> Frame? {
        guard var rest = line.trimmed.cutting(prefix: "at ") else { return nil }
        rest = rest.cutting(suffix: " {") ?? rest.cutting(suffix: ",") ?? rest
        rest = rest.cutting(prefix: "async ") ?? rest
        guard let inner = rest.cutting(suffix: ")"), let (name, place) = inner.parts(around: " (") else {
            guard !rest.includes(" "), rest.place?.column != nil else { return nil }
            return at(nil, rest)
        }
        let function = name.cutting(prefix: "new ") ?? name
        if place == "<anonymous>" || place == "native" || place.begins(with: "index ") {
            var frame = Frame(function: String(function), filename: place == "<anonymous>" ? "<anonymous>" : nil)
            frame.inApp = false
            return frame
        }
        // `eval at load (/srv/app/main.js:3:12), <anonymous>:1:1`
        if place.begins(with: "eval at "),
            let outer = place.parts(aroundLast: "), ")?.before.parts(aroundLast: "(")?.after
        {
            return at(function, outer)
        }
        guard place.place?.column != nil else { return nil }
        return at(function, place)
    }

    private static func at(_ function: Substring?, _ place: Substring) -> Frame? {
        // Rust's backtraces have lines like that, too.
        guard let (file, line, column) = place.place, !file.ends(in: ".rs") else { return nil }
        let name = function.map { $0.parts(around: " [as ")?.before ?? $0 }
        return Frame(
            function: name, path: file.cutting(prefix: "file://") ?? file, line: line, column: column,
            isInApp: !file.ends(in: "]-wrapper"))
    }
}
