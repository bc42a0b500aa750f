// UndefinedBehaviorSanitizer, which reports and goes on unless it was built otherwise.
//
//     scale.c:9:56: runtime error: signed integer overflow: 2147483647 * 2 cannot be represented in type 'int'
//         #0 0x55fc231921fc in scale /srv/scale.c:9
//
// Source: compiler-rt/lib/ubsan/ubsan_diag.cpp.

import SentryProtocol

struct UndefinedBehaviour: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.anywhere("me error: ")]

    private let message: Substring
    private let place: Frame
    private var frames = FrameList()

    init?(_ opening: inout ExceptionOpening) {
        opening.extendBack(over: ": runti")
        let head = opening.line[..<opening.line.offset(opening.start)]
        let file = head.parts(aroundLast: " ")?.after ?? head
        // Go says the same behind `panic: ` and behind a client's address.
        guard let (path, line, column) = file.place, let column, !path.isEmpty,
            let message = opening.text.cutting(prefix: ": runtime error: ")
        else { return nil }
        self.message = message
        place = Frame(function: nil, path: path, line: line, column: column)
        opening.begin(at: opening.start - file.utf8.count)
    }

    var isCertain: Bool { true }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if let (number, frame) = NativeFrameText.sanitizerFrame(line) {
            guard number > 0 || frames.isEmpty else { return .over }
            frames.append(frame)
            return .taken
        }
        if line.begins(with: "SUMMARY: UndefinedBehaviorSanitizer: ") { return .complete }
        if line.isBlank { return .taken }
        // The bytes around an address, and a caret below.
        let isNote = frames.isEmpty && (line.includes(": note: ") || line.begins(with: " "))
        return isNote ? .taken : .over
    }

    func finish() -> RecognisedException? {
        let stack = frames.isEmpty ? [place] : frames.oldestFirst
        let raised = RaisedException(
            type: "undefined-behavior", value: SanitizerReport.withoutNumbers(message),
            module: "UndefinedBehaviorSanitizer", frames: stack)
        return RecognisedException(platform: "native", raised: raised)
    }
}
