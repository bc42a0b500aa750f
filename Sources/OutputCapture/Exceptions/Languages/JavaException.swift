// Java, Kotlin, Scala, Groovy, Clojure: what Throwable.printStackTrace writes.
//
//     Exception in thread "main" java.lang.IllegalStateException: cannot load
//     	at app/com.shop.Loader.load(Loader.java:14) ~[shop.jar:1.2]
//     	at com.shop.Main.main(Main.java:26)
//     	Suppressed: java.io.IOException: close failed
//     		at com.shop.Resource.close(Resource.java:5)
//     Caused by: java.lang.NumberFormatException: For input string: "x"
//     	... 3 more

import SentryProtocol

struct JavaException: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [
        .start("\tat "), .start("    at "), .anywhere("Exception"), .anywhere("Error: "), .anywhere("Throwable"),
    ]

    private struct Node: Sendable {
        var type: Substring
        var value: [Substring]
        /// The index of what it belongs to.
        var parent: Int?
        var source: String?
        /// Tabs before its first line.
        var depth: Int
        var frames = FrameList()
        /// How many of the innermost frames' callers it shares with its parent.
        var shared = 0
        var suppressed = 0
    }

    private var nodes: [Node]
    private let thread: Substring?
    private(set) var isCertain = false
    private var messageLines = 0
    /// The program did not even start.
    private var isLaunch = false

    private static let longestMessage = 24

    init?(_ opening: inout ExceptionOpening) {
        let text = opening.text
        if text.begins(with: "\tat ") || text.begins(with: "    at ") {
            guard let frame = Self.frame(text), let header = Self.lookBack(opening) else { return nil }
            self.init((type: header.type, value: header.value, thread: header.thread))
            opening.include(header.distance)
            nodes[0].frames.append(frame)
            isCertain = true
            return
        }
        if text.begins(with: "Exception in thread \"") {
            guard let header = Self.header(text) else { return nil }
            self.init(header)
            return
        }
        if opening.start == 0, let message = text.cutting(prefix: "Error: "), Self.isLaunchers(message) {
            self.init((type: "Error", value: [message], thread: "main"))
            isLaunch = true
            return
        }
        opening.extendBack { $0.isNamePart || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
        guard let (name, _) = Self.named(opening.text),
            name.includes(".") || name.ends(in: "Error") || name.ends(in: "Exception")
        else { return nil }
        // Without a prefix the first frame will tell, and looks back to this line.
        if opening.start == 0 || !name.includes(".") {
            if opening.start == 0 { opening.waitForFrames() }
            return nil
        }
        guard let header = Self.header(opening.text) else { return nil }
        self.init(header)
    }

    private init(_ header: (type: Substring, value: [Substring], thread: Substring?)) {
        nodes = [Node(type: header.type, value: header.value, depth: 0)]
        thread = header.thread
    }

    mutating func take(_ line: Substring) -> ExceptionStep {
        let depth = line.utf8.prefix { $0 == 0x09 }.count
        let text = line.trimmed
        if text.begins(with: "at "), let frame = Self.frame(line) {
            isCertain = true
            nodes[nodes.count - 1].frames.append(frame)
            return .taken
        }
        if let rest = text.cutting(prefix: "... "), let count = rest.parts(around: " ")?.before.wholeNumber {
            nodes[nodes.count - 1].shared = count
            return .taken
        }
        if let rest = text.cutting(prefix: "Caused by: ") { return begin(rest, depth: depth, isSuppressed: false) }
        if let rest = text.cutting(prefix: "Suppressed: "), depth > 0 {
            return begin(rest, depth: depth, isSuppressed: true)
        }
        if nodes[nodes.count - 1].frames.isEmpty, nodes[nodes.count - 1].shared == 0 {
            if text.begins(with: "[CIRCULAR REFERENCE") { return .taken }
            return takeMessage(line)
        }
        return .over
    }

    func finish() -> RecognisedException? {
        guard isCertain || thread != nil else { return nil }
        var raised = nodes.map { node in
            let (module, type) = node.type.parts(aroundLast: ".") ?? ("", node.type)
            return RaisedException(
                type: String(type), value: node.value.isEmpty ? nil : node.value.joined(separator: "\n"),
                module: module.isEmpty ? nil : String(module), source: node.source)
        }
        for (index, frames) in filledFrames().enumerated() { raised[index].frames = frames.reversed() }
        for index in nodes.indices.reversed() {
            guard let parent = nodes[index].parent else { continue }
            raised[parent].causes.insert(raised[index], at: 0)
        }
        let ending: RecognisedException.Ending =
            switch thread {
            case "main": .ended
            case nil: .unknown
            default: .survived
            }
        var exception = RecognisedException(platform: "java", raised: raised[0], ending: ending)
        if isLaunch { exception.rank = .complaint }
        return exception
    }

    // MARK: Headers

    /// What `java` says when it cannot run a program.
    private static func isLaunchers(_ message: Substring) -> Bool { launchers.contains { message.begins(with: $0) } }

    private static let launchers = [
        "Could not find or load main class ", "Main method not found in class ", "Unable to access jarfile ",
        "Invalid or corrupt jarfile ", "Could not create the Java Virtual Machine.",
        "LinkageError occurred while loading",
        "A JNI error has occurred",
    ]

    /// `java.lang.IllegalStateException: message`, alone or at the end of a log's line.
    private static func header(_ line: Substring) -> (type: Substring, value: [Substring], thread: Substring?)? {
        if let rest = line.cutting(prefix: "Exception in thread \""), let (thread, header) = rest.parts(around: "\" "),
            let (type, value) = named(header)
        {
            return (type, value.map { [$0] } ?? [], thread)
        }
        if let (type, value) = named(line),
            type.includes(".") || isThrowable(type) || type.utf8.first?.isUppercase == true
        {
            return (type, value.map { [$0] } ?? [], nil)
        }
        var rest = line
        while let (_, after) = rest.parts(around: " ") {
            rest = after
            if let (type, value) = named(rest), type.includes("."), isThrowable(type) {
                return (type, value.map { [$0] } ?? [], nil)
            }
        }
        return nil
    }

    private static func named(_ text: Substring) -> (type: Substring, value: Substring?)? {
        let (type, value) =
            text.parts(around: ": ").map { ($0, Optional($1)) } ?? (text.cutting(suffix: ":") ?? text, nil)
        guard type.isName(separators: "./"), !type.ends(in: "."), !type.includes("..") else { return nil }
        // A module or a class loader before the name: `java.base/java.lang.Error`.
        return (type.parts(aroundLast: "/")?.after ?? type, value)
    }

    private static func isThrowable(_ type: Substring) -> Bool {
        let name = type.parts(aroundLast: ".")?.after ?? type
        return name.includes("Exception") || name.includes("Error") || name.ends(in: "Throwable")
    }

    /// The header stands above the first frame; a message may have lines of its own.
    private static func lookBack(_ opening: ExceptionOpening) -> (
        type: Substring, value: [Substring], thread: Substring?, distance: Int
    )? {
        var message: [Substring] = []
        for distance in 1...RecentLines.capacity {
            guard let line = opening.previous(distance), !line.trimmed.begins(with: "at ") else { return nil }
            if let header = header(line), distance == 1 || isThrowable(header.type) || header.thread != nil {
                return (header.type, header.value + message.reversed(), header.thread, distance)
            }
            message.append(line)
        }
        return nil
    }

    private mutating func begin(_ header: Substring, depth: Int, isSuppressed: Bool) -> ExceptionStep {
        guard let (type, value) = Self.named(header), nodes.count < 2 * RecognisedException.maximumLinks else {
            return .over
        }
        let parentDepth = isSuppressed ? depth - 1 : depth
        guard let parent = nodes.lastIndex(where: { $0.depth == parentDepth }) else { return .over }
        var node = Node(type: type, value: value.map { [$0] } ?? [], parent: parent, depth: depth)
        node.source = isSuppressed ? "suppressed[\(nodes[parent].suppressed)]" : "cause"
        if isSuppressed { nodes[parent].suppressed += 1 }
        nodes.append(node)
        messageLines = 0
        return .taken
    }

    private mutating func takeMessage(_ line: Substring) -> ExceptionStep {
        messageLines += 1
        guard !isLaunch else { return .over }
        guard messageLines <= Self.longestMessage, !line.begins(with: "Exception in thread \"") else { return .nothing }
        // What one log line says and the next goes on with is no message of several lines.
        if !isCertain, thread == nil, messageLines > 2 { return .nothing }
        nodes[nodes.count - 1].value.append(line)
        return .taken
    }

    // MARK: Frames

    /// `	at java.base/java.util.List.of(List.java:12) ~[?:?]`
    private static func frame(_ line: Substring) -> Frame? {
        guard let rest = line.trimmed.cutting(prefix: "at "), let (name, place) = rest.parts(around: "("),
            let (file, _) = place.parts(around: ")"), let (path, method) = name.parts(aroundLast: "."),
            !file.includes("/"), !path.includes(" ")
        else { return nil }
        let type = path.parts(aroundLast: "/")?.after ?? path
        var frame = Frame(function: String(method))
        frame.module = String(type)
        if let place = file.place, place.column == nil {
            frame.filename = String(place.file)
            frame.line = place.line
        } else if file != "Native Method" && file != "Unknown Source" {
            // .NET has a method's parameters there: `(System.String[])`, or none.
            guard let (_, suffix) = file.parts(aroundLast: "."), suffix.utf8.first?.isLowercase == true,
                suffix.utf8.allSatisfy(\.isAlphanumeric)
            else { return nil }
            frame.filename = String(file)
        }
        frame.inApp = !isLibrary(type)
        return frame
    }

    private static let libraries = [
        "java.", "javax.", "jdk.", "sun.", "com.sun.", "jakarta.", "kotlin.", "kotlinx.", "scala.", "groovy.",
        "clojure.",
        "org.codehaus.groovy.", "org.springframework.", "org.apache.", "org.hibernate.", "org.junit.", "io.netty.",
        "org.eclipse.jetty.", "android.", "androidx.", "com.android.", "dalvik.", "io.micronaut.", "io.quarkus.",
    ]

    private static func isLibrary(_ type: Substring) -> Bool { libraries.contains { type.begins(with: $0) } }

    /// `... n more`: the n outermost frames of what it is the cause of.
    private func filledFrames() -> [[Frame]] {
        var all: [[Frame]] = []
        for node in nodes {
            var frames = node.frames.frames
            if node.shared > 0, let parent = node.parent { frames += all[parent].suffix(node.shared) }
            all.append(frames)
        }
        return all
    }
}
