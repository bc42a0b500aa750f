// Go where a panic was recovered and its stack is logged: by net/http, or with `debug.Stack()`.
//
//     2026/11/28 13:53:59 http: panic serving 127.0.0.1:50414: runtime error: index out of range [3] with length 1
//     goroutine 9 [running]:
//     net/http.(*conn).serve.func1()
//     	/usr/local/go/src/net/http/server.go:1959 +0xbb
//     panic({0xa83f58?, 0x3ef6feaf21c8?})
//     	/usr/local/go/src/runtime/panic.go:859 +0x125

import SentryProtocol

struct GoRecovered: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("goroutine ")]

    private let message: String
    private let isServer: Bool
    private var goroutines = GoroutineList()
    private(set) var isCertain = false

    init?(_ opening: inout ExceptionOpening) {
        guard goroutines.take(opening.text), opening.text.ends(in: "[running]:"), let line = opening.previous(1),
            !line.isBlank, !line.begins(with: "panic: "), !line.begins(with: "fatal error: "),
            !line.begins(with: "[signal ")
        else { return nil }
        opening.include(1)
        if let (_, served) = line.parts(around: "http: panic serving "), let (_, reason) = served.parts(around: ": ") {
            message = String(reason)
            isServer = true
        } else {
            message = line.logMessage
            isServer = false
        }
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line.begins(with: "panic(") { isCertain = true }
        if goroutines.take(line) { return .taken }
        return .over
    }

    func finish() -> RecognisedException? {
        // Without the call of a panic somebody only wanted to see a stack.
        guard isCertain else { return nil }
        let raised = RaisedException(type: "panic", value: message, frames: goroutines.framesOfPanic)
        var exception = RecognisedException(platform: "go", raised: raised, ending: isServer ? .survived : .unknown)
        exception.isLogged = true
        return exception
    }
}
