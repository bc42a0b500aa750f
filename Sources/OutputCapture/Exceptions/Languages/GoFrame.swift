// A call and its place, as Go prints them in two lines.

import SentryProtocol

enum GoFrame {
    /// `github.com/shop/app.(*Store).Get(0xc000012345, {0x1, 0x2})`: package, function and arguments.
    static func frame(_ call: Substring, _ file: Substring, _ line: Int) -> Frame {
        let name = withoutArguments(call)
        let slash = name.last("/")?.upperBound ?? name.startIndex
        var frame = Frame(function: name, path: file, line: line)
        if let dot = name[slash...].first(".") {
            frame.module = String(name[..<dot.lowerBound])
            frame.function = String(name[dot.upperBound...])
        }
        let module = (frame.module ?? "")[...]
        if isStandard(module, file) || module == "runtime" || name == "panic" || file.includes("/vendor/") {
            frame.inApp = false
        }
        return frame
    }

    /// `-trimpath` leaves nothing of a path but the package: `net/http/server.go`, `github.com/shop/store@v1.2.0/rows.go`.
    private static func isStandard(_ module: Substring, _ file: Substring) -> Bool {
        if file.begins(with: "/") {
            return file.includes("/src/\(module)/") && !module.includes(".") && module != "main"
        }
        let first = file.parts(around: "/")?.before ?? ""
        return standardPackages.contains(String(first)) || file.parts(around: "@v") != nil
    }

    private static let standardPackages: Set<String> = [
        "archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug", "embed",
        "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal", "io", "iter",
        "log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort",
        "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe",
        "weak",
    ]

    /// The arguments are the last pair of brackets: a method's receiver is in brackets too.
    private static func withoutArguments(_ call: Substring) -> Substring {
        guard call.ends(in: ")") else { return call.parts(around: " in goroutine ")?.before ?? call }
        var depth = 0
        for index in call.utf8.indices.reversed() {
            switch call.utf8[index] {
            case UInt8(ascii: ")"): depth += 1
            case UInt8(ascii: "("):
                depth -= 1
                if depth == 0 { return call[..<index] }
            default: break
            }
        }
        return call
    }
}
