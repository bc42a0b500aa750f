// Records as they are kept on this host for `sentry-run logs`: a line of JSON each.

import SentryProtocol

extension LogRecord {
    /// One line with its newline: `{"time_ns":…,"stream":…,"level":…,"body":…,"attributes":{…}}`.
    func appendKeptLine(to lines: inout [UInt8], stream: CapturedStream) {
        lines +=
            #"{"time_ns":\#(timestamp.nanoseconds),"stream":"\#(stream.name)","level":"\#(level.name)","body":""#.utf8
        lines.append(contentsOf: bodyJSON)
        lines.append(UInt8(ascii: "\""))
        var attributes = LogAttributeReader(attributesJSON)
        var isFirst = true
        while let (name, value, _) = attributes.next() {
            if name.has("\"sentry.") { continue }
            lines += (isFirst ? #","attributes":{"# : ",").utf8
            isFirst = false
            lines.append(contentsOf: name)
            lines.append(UInt8(ascii: ":"))
            lines.append(contentsOf: value)
        }
        lines += (isFirst ? "}\n" : "}}\n").utf8
    }
}
