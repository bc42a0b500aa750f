import SentryProtocol

@testable import OutputCapture

/// A line and what was read out of it, with texts in place of ranges.
struct ReadLine {
    let level: LogLevel?
    let levelAlone: LogLevel?
    let format: LineFormat?
    let time: LineTime?
    let message: String?
    let template: String?
    let parameters: [LineAttribute]
    let attributes: [LineAttribute]
    let shapes: LineShapes

    init(_ line: String, habits: StreamHabits = StreamHabits()) { self.init(Array(line.utf8), habits: habits) }

    init(_ line: [UInt8], habits: StreamHabits = StreamHabits()) {
        let (parsed, message, attributes) = line.withUnsafeBytes { raw in
            LineText.withCleaned(raw) { text in
                let parsed = LogLineParser.parse(text, habits: habits)
                return (parsed, parsed.message(in: text), parsed.attributes.list(in: text))
            }
        }
        level = parsed.level
        levelAlone = line.withUnsafeBytes { LogLineParser.level(of: $0) }
        format = parsed.format
        time = parsed.time
        self.message = message
        template = parsed.template
        parameters = parsed.parameters
        self.attributes = attributes
        shapes = parsed.shapes
    }

    subscript(name: String) -> LogAttribute? { attributes.first { $0.name == name }?.value }
}
