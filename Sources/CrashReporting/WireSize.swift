// How long stacks are on the wire, without writing them: a process of thousands of threads has gigabytes of JSON in it.

import SentryProtocol

extension StackTrace {
    /// About the bytes of its JSON, rather more than less (texts that need escaping excepted).
    var wireSize: Int { frames.reduce(100 + registers.count * 32) { $0 + $1.wireSize } }
}

extension Frame {
    fileprivate var wireSize: Int {
        let texts = [
            function, rawFunction, symbol, module, filename, absolutePath, package, contextLine, trust, platform,
        ]
        let size = texts.reduce(150) { $0 + ($1.map { $0.utf8.count + 20 } ?? 0) }
        return (preContext + postContext).reduce(size) { $0 + $1.utf8.count + 8 }
    }
}

extension ThreadRecord {
    var wireSize: Int {
        120 + (name?.utf8.count ?? 0) + (state?.utf8.count ?? 0) + (stackTrace?.wireSize ?? 0)
    }
}

extension DebugImage {
    var wireSize: Int { 300 + codeFile.utf8.count + (debugFile?.utf8.count ?? 0) }
}

extension CrashStacks {
    var wireSize: Int {
        threads.reduce(0) { $0 + $1.wireSize } + images.reduce(0) { $0 + $1.wireSize }
            + notes.reduce(0) { $0 + $1.utf8.count + 8 }
    }
}

extension Event {
    /// Of its stacks and images; the rest is small while they are cut.
    var stacksWireSize: Int {
        exceptions.reduce(0) { $0 + ($1.stackTrace?.wireSize ?? 0) + 1000 } + threads.reduce(0) { $0 + $1.wireSize }
            + debugImages.reduce(0) { $0 + $1.wireSize }
    }
}
