// Python: which of the forms of a traceback a line begins.

struct PythonException: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .anywhere("Traceback (most recent call last)"), .start("  File \""), .start("Exception in thread "),
        .start("Exception ignored in"),
    ]

    private var form: any ExceptionRecogniser

    init?(_ opening: inout ExceptionOpening) {
        if opening.text.begins(with: "Exception i") {
            opening.waitForFrames()
            return nil
        }
        if let box = PythonBox(&opening) {
            form = box
        } else if let notebook = PythonNotebook(&opening) {
            form = notebook
        } else if let traceback = PythonTraceback(&opening) {
            form = traceback
        } else {
            return nil
        }
    }

    var isCertain: Bool { form.isCertain }

    mutating func take(_ line: Substring) -> ExceptionStep { form.take(line) }

    func finish() -> RecognisedException? { form.finish() }
}
