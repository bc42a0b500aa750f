// Python's files and modules.

import SentryProtocol

/// What a path says of a module.
enum PythonPath {
    static func frame(_ path: Substring, _ line: Int, _ function: Substring?) -> Frame {
        var frame = Frame(function: function, path: path, line: line)
        guard let below = belowRoot(path) else { return frame }
        frame.inApp = false
        frame.filename = String(below)
        if let module = below.cutting(suffix: "/__init__.py") ?? below.cutting(suffix: ".py") {
            frame.module = String(
                decoding: module.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
        }
        return frame
    }

    /// `/usr/lib/python3.13/json/decoder.py` → `json/decoder.py`; `nil` outside of libraries.
    private static func belowRoot(_ path: Substring) -> Substring? {
        if let name = path.enclosed(by: "<frozen ", ">"), path.begins(with: "<") { return name }
        for directory in ["/site-packages/", "/dist-packages/"] {
            if let (_, below) = path.parts(aroundLast: directory) { return below }
        }
        guard let (_, rest) = path.parts(aroundLast: "/python3."), let (version, below) = rest.parts(around: "/") else {
            return nil
        }
        return version.utf8.allSatisfy(\.isDigit) ? below : nil
    }
}
