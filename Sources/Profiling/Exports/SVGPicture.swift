// A flame graph as a picture that every image viewer and wiki shows.

/// Writes a static flame graph, the processes at the bottom: the picture scales with its window, and each box has a title
/// with its time. Boxes that would be narrower than a fifth of a pixel are left out.
struct SVGPicture {
    private let profile: Profile
    private let tree: CallTree
    private static let width = 1200
    private static let rowHeight = 17
    private static let headHeight = 48
    /// Rows beyond this are left out, and the picture says so.
    private static let mostRows = 1000
    /// In thousandths of a pixel.
    private static let narrowest: Int64 = 200

    private struct Box {
        var node: Int32
        /// Thousandths of a pixel.
        var start: Int64
        var width: Int64
    }

    init(_ profile: Profile) {
        self.profile = profile
        tree = CallTree(profile)
    }

    func write(to stream: ExportStream) {
        let boxes = boxes()
        let rows = boxes.reduce(0) { max($0, Int(tree.nodes[Int($1.node)].depth) + 1) }
        let height = Self.headHeight + rows * Self.rowHeight + 12
        stream.text(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(height)" width="\(Self.width)" \
            height="\(height)" font-family="ui-monospace, Menlo, monospace" font-size="11">
            <title>\(xmlEscaped(profile.title))</title>
            <rect width="100%" height="100%" fill="#ffffff"/>
            <text x="8" y="18" font-size="14" font-family="system-ui, sans-serif" fill="#1b1b1f">\
            \(xmlEscaped(cut(profile.title, to: 140)))</text>
            <text x="8" y="36" font-family="system-ui, sans-serif" fill="#55555f">\(xmlEscaped(headline(rows)))</text>

            """)
        for box in boxes { write(box, rows: rows, to: stream) }
        stream.text("</svg>\n")
    }

    private func headline(_ rows: Int) -> String {
        var facts = ["\(tree.count) samples", durationText(tree.total), "\(profile.frequency) Hz", profile.source]
        if profile.tally.lost > 0 { facts.append("\(profile.tally.lost) lost") }
        if rows == Self.mostRows { facts.append("only \(rows) rows are shown") }
        return facts.joined(separator: " · ")
    }

    /// In drawing order, without those that are too narrow to be seen.
    private func boxes() -> [Box] {
        guard tree.total > 0 else { return [] }
        let (firstRoot, first, next) = tree.childLists()
        let scale = Double(Self.width * 1000) / Double(tree.total)
        var boxes: [Box] = []
        var pending: [(node: Int32, start: Double)] = [(firstRoot, 0)]
        while let (node, start) = pending.popLast() {
            guard node >= 0 else { continue }
            let width = Double(tree.nodes[Int(node)].total) * scale
            pending.append((next[Int(node)], start + width))
            guard Int64(width) >= Self.narrowest, tree.nodes[Int(node)].depth < Self.mostRows else { continue }
            boxes.append(Box(node: node, start: Int64(start), width: Int64(width)))
            pending.append((first[Int(node)], start))
        }
        return boxes
    }

    private func write(_ box: Box, rows: Int, to stream: ExportStream) {
        let node = tree.nodes[Int(box.node)]
        let function = tree.functions[Int(node.function)]
        let y = Self.headHeight + (rows - 1 - Int(node.depth)) * Self.rowHeight
        let share = percentText(node.total, of: tree.total)
        let module = function.module.map { "\n\($0)" } ?? ""
        stream.text("<g><title>")
        stream.text(xmlEscaped("\(function.name)\n\(durationText(node.total)), \(share)\(module)"))
        stream.text("</title><rect x=\"")
        stream.thousandths(box.start)
        stream.text("\" y=\"\(y)\" width=\"")
        stream.thousandths(box.width)
        stream.text("\" height=\"\(Self.rowHeight - 1)\" rx=\"1\" fill=\"\(colour(of: function))\"/>")
        // 6.7 pixels are a letter of this font.
        let letters = Int((box.width - 6000) / 6700)
        if letters >= 3 {
            stream.text("<text x=\"")
            stream.thousandths(box.start + 3000)
            stream.text("\" y=\"\(y + 12)\" fill=\"#1b1b1f\">\(xmlEscaped(cut(function.name, to: letters)))</text>")
        }
        stream.text("</g>\n")
    }

    /// Light enough for dark letters; the same function has the same colour in each picture.
    private func colour(of function: CallTree.Function) -> String {
        let hash = function.name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let shade = Int(hash % 24)
        switch function.kind {
        case .marker: return "#d7d7de"
        case .interpreted: return "hsl(\(205 + shade),75%,\(72 + shade / 4)%)"
        case .justInTime: return "hsl(\(120 + shade),50%,\(70 + shade / 4)%)"
        case .native where function.inApp: return "hsl(\(20 + shade),95%,\(68 + shade / 4)%)"
        case .native: return "hsl(\(40 + shade / 2),60%,\(80 + shade / 6)%)"
        }
    }
}

private func cut(_ text: String, to letters: Int) -> String {
    text.count <= letters ? text : text.prefix(max(0, letters - 1)) + "…"
}

/// For text and attributes of XML and HTML. What XML has no characters for becomes U+FFFD.
func xmlEscaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "&": escaped += "&amp;"
        case "\"": escaped += "&quot;"
        case "'": escaped += "&#39;"
        case "\n", "\t": escaped.unicodeScalars.append(scalar)
        case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
