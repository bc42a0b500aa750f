// Node where V8 or Node itself gives up.
//
//     FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
//     ----- Native stack trace -----
//
//      1: 0x74f963 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]

import SentryProtocol

struct NodeAbort: ExceptionRecogniser {
    static let triggers: [ExceptionTrigger] = [.start("FATAL ERROR: ")]

    private let value: Substring
    private var native = FrameList()
    private var script = FrameList()
    private var section = Section.none

    private enum Section {
        case none
        case native
        case script
    }

    init?(_ opening: inout ExceptionOpening) {
        guard let value = opening.text.cutting(prefix: "FATAL ERROR: ") else { return nil }
        self.value = value
    }

    var isCertain: Bool { section != .none }

    mutating func take(_ line: Substring) -> ExceptionStep {
        if line.begins(with: "----- Native stack trace -----") || line.begins(with: " 1: 0x") { section = .native }
        if line.begins(with: "----- JavaScript stack trace -----") { section = .script }
        if line.isBlank || line.begins(with: "-----") { return section == .none ? .nothing : .taken }
        guard let (number, rest) = line.trimmed.parts(around: ": "), number.wholeNumber != nil else {
            return isCertain ? .over : .nothing
        }
        switch section {
        case .native: if let frame = Self.nativeFrame(rest) { native.append(frame) }
        case .script: if let frame = NodeFrame.read(("at " + rest)[...]) { script.append(frame) }
        case .none: return .nothing
        }
        return .taken
    }

    /// `0x74f963 node::OOMErrorHandler(char const*) [node]`; many have no name.
    private static func nativeFrame(_ text: Substring) -> Frame? {
        guard let (address, rest) = text.parts(around: " "),
            let (name, module) = rest.cutting(suffix: "]")?.parts(aroundLast: "["),
            !name.isBlank
        else { return nil }
        var frame = Frame(function: String(name.trimmed))
        frame.package = String(module)
        frame.inApp = false
        return address.begins(with: "0x") ? frame : nil
    }

    func finish() -> RecognisedException? {
        guard isCertain else { return nil }
        let frames = script.isEmpty ? native.oldestFirst : script.oldestFirst
        let raised = RaisedException(type: "FATAL ERROR", value: String(value), frames: frames)
        return RecognisedException(platform: "node", raised: raised, ending: .ended)
    }
}
