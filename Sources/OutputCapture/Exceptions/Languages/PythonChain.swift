// Exceptions of Python as libraries print them: one below the other, the one that was raised last at the end.

import SentryProtocol

/// What was read so far of a chain.
struct PythonChain: Sendable {
    private(set) var raised: RaisedException?
    private var link: String?
    private var links = 0

    /// - Parameter frames: oldest caller first, as Python prints them.
    mutating func raise(_ name: Substring, _ value: Substring?, _ frames: FrameList) {
        let (module, type) = name.parts(aroundLast: ".") ?? ("", name)
        var exception = RaisedException(
            type: String(type), value: value.map(String.init), module: module.isEmpty ? nil : String(module),
            frames: frames.frames)
        if var cause = raised, links < RecognisedException.maximumLinks {
            cause.source = link
            exception.causes = [cause]
        }
        links += 1
        raised = exception
        link = nil
    }

    /// The line says how the next exception hangs on the last one; its end may be in the next line.
    ///
    /// - Returns: it does.
    mutating func takeLink(_ line: Substring) -> Bool {
        if line.begins(with: "The above exception was the direct cause") {
            link = "__cause__"
        } else if line.begins(with: "During handling of the above exception") {
            link = "__context__"
        }
        return link != nil
    }

    /// Another traceback is to come.
    var isLinked: Bool { link != nil }
}
