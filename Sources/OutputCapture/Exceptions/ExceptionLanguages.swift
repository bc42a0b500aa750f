// Every language whose exceptions are recognised.

enum ExceptionLanguages {
    /// Where two could begin at the same line, the earlier is asked first.
    static let all: [any ExceptionRecogniser.Type] = [
        PythonTraceback.self
    ]
}
