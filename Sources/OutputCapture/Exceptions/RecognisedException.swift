// An exception as a language's runtime printed it: what a recogniser hands out.

import SentryProtocol

/// An exception that was read out of the job's output, with everything that it was caused by.
package struct RecognisedException: Sendable, Equatable {
    /// One of the server's platforms (protocol reference 3.2): the one that the language's own SDK sends.
    package var platform: String
    /// What was finally raised; its causes hang below it.
    package var raised: RaisedException
    /// Other threads, goroutines, … that were printed with it.
    package var threads: [RecognisedThread] = []
    package var ending = Ending.unknown
    package var rank = Rank.exception

    // Set by the detector.

    package var stream = CapturedStream.standardError
    /// When its first line arrived.
    package var time = Timestamp(nanoseconds: 0)
    /// Lines of its stream, counted from 1, blank ones too.
    package var lines = 0...0
    /// A logger's prefix stood before it, or it was a field of a structured line.
    package var isLogged = false

    /// How much it says about a failure. Of two that were printed close to each other the higher one is the cause.
    package enum Rank: Int, Sendable, Comparable {
        /// Says only that another program failed: `make: *** [all] Error 2`, a shell that names a signal.
        case echo
        /// What a shell or a tool could not do: often for want of what a program that failed before it should have made.
        case complaint
        /// Of a language's runtime.
        case exception

        package static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }
    }

    /// What the text says about the program's fate.
    package enum Ending: Sendable, Equatable {
        /// The same text is printed by a runtime that gives up and by a program that logs it.
        case unknown
        /// Only a runtime that gives up prints this.
        case ended
        /// The program went on: a warning, an exception that was ignored.
        case survived
    }

    package init(
        platform: String, raised: RaisedException, threads: [RecognisedThread] = [], ending: Ending = .unknown
    ) {
        self.platform = platform
        self.raised = raised
        self.threads = threads
        self.ending = ending
    }
}

/// One exception and its causes.
package struct RaisedException: Sendable, Equatable {
    /// As the language's SDK names it; at least one of `type` and `value` is there.
    package var type: String?
    package var value: String?
    /// Where the type is defined, where the language prints that and its SDK sends it apart.
    package var module: String?
    /// Oldest caller first.
    package var frames: [Frame]
    /// How it hangs on its parent: `__cause__`, `__context__`, `cause`, `InnerException`, `exceptions[0]`; no blanks.
    package var source: String?
    package var isGroup: Bool
    /// Direct ones; the members of a group in their order.
    package var causes: [RaisedException]
    /// The thread that raised it, where its number is known.
    package var thread: Int?

    package init(
        type: String?, value: String? = nil, module: String? = nil, frames: [Frame] = [], source: String? = nil,
        isGroup: Bool = false, causes: [RaisedException] = [], thread: Int? = nil
    ) {
        self.type = type
        self.value = value
        self.module = module
        self.frames = frames
        self.source = source
        self.isGroup = isGroup
        self.causes = causes
        self.thread = thread
    }
}

/// A thread that was printed beside the one that raised.
package struct RecognisedThread: Sendable, Equatable {
    package var id: Int
    package var name: String?
    /// Free text: `chan receive, 2 minutes`.
    package var state: String?
    /// Oldest caller first.
    package var frames: [Frame]
    /// The one that raised.
    package var isCrashed: Bool

    package init(id: Int, name: String? = nil, state: String? = nil, frames: [Frame] = [], isCrashed: Bool = false) {
        self.id = id
        self.name = name
        self.state = state
        self.frames = frames
        self.isCrashed = isCrashed
    }
}

extension RecognisedException {
    /// More links of a chain than this are not sent.
    static let maximumLinks = 50

    /// As events have them: the oldest cause first, the exception that was finally raised last, its id 0.
    ///
    /// - Parameter mechanism: its type and `handled`; ids and sources are added where there is more than one.
    package func chain(_ mechanism: Mechanism) -> [SentryException] {
        var links: [SentryException] = []
        // Ids count depth first, as every SDK's do.
        var waiting: [(raised: RaisedException, parent: Int?)] = [(raised, nil)]
        while let next = waiting.popLast(), links.count < Self.maximumLinks {
            let id = links.count
            var own = mechanism
            own.source = next.raised.source
            if id > 0 || !raised.causes.isEmpty || raised.isGroup {
                own.exceptionID = id
                own.parentID = next.parent
                own.isExceptionGroup = next.raised.isGroup ? true : nil
            }
            links.append(
                SentryException(
                    type: next.raised.type, value: next.raised.value, module: next.raised.module,
                    threadID: next.raised.thread, mechanism: own, stackTrace: StackTrace(frames: next.raised.frames)))
            waiting += next.raised.causes.reversed().map { ($0, id) }
        }
        return links.reversed()
    }

    /// One line: `TypeError: boom`.
    package var title: String {
        [raised.type, raised.value].compactMap { $0 }.joined(separator: ": ").firstLine
    }
}

extension String {
    fileprivate var firstLine: String { split(separator: "\n", maxSplits: 1).first.map(String.init) ?? self }
}
