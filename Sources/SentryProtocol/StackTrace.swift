// Stacks as Sentry shows them (protocol reference 3.4).

/// What Sentry shows of a stack.
package struct StackTrace: Sendable, Equatable, JSONWritable {
    /// Oldest caller first, the crashing frame last. Empty ones are not sent at all.
    package var frames: [Frame]
    /// The crashing frame's, name to value.
    package var registers: [String: UInt64]
    /// `all_but_first` for stacks that were walked from outside.
    package var instructionAddressAdjustment: String?
    /// Taken from outside without an error.
    package var snapshot: Bool?

    package init(
        frames: [Frame], registers: [String: UInt64] = [:], instructionAddressAdjustment: String? = nil,
        snapshot: Bool? = nil
    ) {
        self.frames = frames
        self.registers = registers
        self.instructionAddressAdjustment = instructionAddressAdjustment
        self.snapshot = snapshot
    }

    package func write(to json: inout JSONWriter) {
        json.object { trace in
            trace.field("frames", frames)
            trace.field("registers", map: registers.mapValues(hexAddress))
            trace.field("instruction_addr_adjustment", instructionAddressAdjustment)
            trace.field("snapshot", snapshot)
        }
    }
}

/// One frame. At least one of `function`, `filename` and `instructionAddress` is required.
package struct Frame: Sendable, Equatable, JSONWritable {
    package var function: String?
    package var rawFunction: String?
    /// The linker's name, mangled.
    package var symbol: String?
    package var module: String?
    package var filename: String?
    package var absolutePath: String?
    /// For native code: the ELF file's path.
    package var package: String?
    /// From 1.
    package var line: Int?
    package var column: Int?
    package var contextLine: String?
    package var preContext: [String] = []
    package var postContext: [String] = []
    package var inApp: Bool?
    /// In the target's address space.
    package var instructionAddress: UInt64?
    package var symbolAddress: UInt64?
    package var imageAddress: UInt64?
    /// `context`, `cfi`, `fp`, `scan`, …
    package var trust: String?
    /// Where it differs from the event's.
    package var platform: String?

    package init(function: String? = nil, filename: String? = nil, line: Int? = nil, inApp: Bool? = nil) {
        self.function = function
        self.filename = filename
        self.line = line
        self.inApp = inApp
    }

    package func write(to json: inout JSONWriter) {
        json.object { frame in
            frame.field("function", function, limit: FieldLimit.frameName)
            frame.field("raw_function", rawFunction, limit: FieldLimit.frameName)
            frame.field("symbol", symbol, limit: FieldLimit.frameName)
            frame.field("module", module, limit: FieldLimit.framePath)
            frame.field("filename", filename, limit: FieldLimit.framePath)
            frame.field("abs_path", absolutePath, limit: FieldLimit.framePath)
            frame.field("package", package, limit: FieldLimit.framePath)
            frame.field("lineno", line)
            frame.field("colno", column)
            frame.field("context_line", contextLine, limit: FieldLimit.framePath)
            frame.field("pre_context", list: preContext.map { capped($0, FieldLimit.framePath) })
            frame.field("post_context", list: postContext.map { capped($0, FieldLimit.framePath) })
            frame.field("in_app", inApp)
            frame.field("instruction_addr", instructionAddress.map(hexAddress))
            frame.field("symbol_addr", symbolAddress.map(hexAddress))
            frame.field("image_addr", imageAddress.map(hexAddress))
            frame.field("trust", trust)
            frame.field("platform", platform)
        }
    }
}

/// Addresses are strings on the wire: a JSON number would lose their tail.
func hexAddress(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }
