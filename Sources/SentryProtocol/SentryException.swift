// What went wrong (protocol reference 3.3).

/// One exception. In a list the oldest cause comes first and the one that was finally raised last.
package struct SentryException: Sendable, Equatable, JSONWritable {
    /// One of `type` and `value` is required.
    package var type: String?
    package var value: String?
    package var module: String?
    package var threadID: Int?
    package var mechanism: Mechanism?
    package var stackTrace: StackTrace?

    package init(
        type: String?, value: String?, module: String? = nil, threadID: Int? = nil, mechanism: Mechanism? = nil,
        stackTrace: StackTrace? = nil
    ) {
        self.type = type
        self.value = value
        self.module = module
        self.threadID = threadID
        self.mechanism = mechanism
        self.stackTrace = stackTrace
    }

    package func write(to json: inout JSONWriter) {
        json.object { exception in
            exception.field("type", type, limit: FieldLimit.exceptionType)
            exception.field("value", value, limit: FieldLimit.message)
            exception.field("module", module, limit: FieldLimit.exceptionType)
            exception.field("thread_id", threadID)
            exception.field("mechanism", mechanism)
            if let stackTrace, !stackTrace.frames.isEmpty { exception.field("stacktrace", stackTrace) }
        }
    }
}

/// How an exception came to our knowledge.
package struct Mechanism: Sendable, Equatable, JSONWritable {
    /// `signalhandler`, or `auto.<category>.<name>`.
    package var type: String
    package var handled: Bool?
    /// The type and value were made up from a signal: grouping then goes by the stack.
    package var synthetic: Bool?
    package var description: String?
    /// `__cause__`, `__context__`, `cause`, …; no blanks.
    package var source: String?
    /// 0 is the last of the list, counting up to the first.
    package var exceptionID: Int?
    package var parentID: Int?
    package var isExceptionGroup: Bool?
    package var data: [String: JSONValue]
    package var signal: Signal?
    package var errno: Int32?

    /// `meta.signal`. `code` is `si_code` where it is known.
    package struct Signal: Sendable, Equatable {
        package var number: Int32
        package var name: String
        package var code: Int32?
        package var codeName: String?

        package init(number: Int32, name: String, code: Int32? = nil, codeName: String? = nil) {
            self.number = number
            self.name = name
            self.code = code
            self.codeName = codeName
        }
    }

    package init(
        type: String, handled: Bool? = nil, synthetic: Bool? = nil, description: String? = nil, source: String? = nil,
        exceptionID: Int? = nil, parentID: Int? = nil, isExceptionGroup: Bool? = nil, data: [String: JSONValue] = [:],
        signal: Signal? = nil, errno: Int32? = nil
    ) {
        self.type = type
        self.handled = handled
        self.synthetic = synthetic
        self.description = description
        self.source = source
        self.exceptionID = exceptionID
        self.parentID = parentID
        self.isExceptionGroup = isExceptionGroup
        self.data = data
        self.signal = signal
        self.errno = errno
    }

    package func write(to json: inout JSONWriter) {
        json.object { mechanism in
            mechanism.field("type", capped(type, 128))
            mechanism.field("handled", handled)
            mechanism.field("synthetic", synthetic)
            mechanism.field("description", description, limit: FieldLimit.message)
            mechanism.field("source", source, limit: 128)
            mechanism.field("exception_id", exceptionID)
            mechanism.field("parent_id", parentID)
            mechanism.field("is_exception_group", isExceptionGroup)
            mechanism.field("data", map: data)
            if signal != nil || errno != nil { mechanism.field("meta") { writeMeta(to: &$0) } }
        }
    }

    private func writeMeta(to json: inout JSONWriter) {
        json.object { meta in
            if let signal {
                meta.field("signal") {
                    $0.object {
                        $0.field("number", Int(signal.number))
                        $0.field("code", signal.code.map(Int.init))
                        $0.field("name", signal.name)
                        $0.field("code_name", signal.codeName)
                    }
                }
            }
            if let errno { meta.field("errno") { $0.object { $0.field("number", Int(errno)) } } }
        }
    }
}
