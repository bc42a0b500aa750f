// Stacks as they were written: what the backtracer answers is read again by the reporter, and by who shows it.

extension StackTrace {
    /// Reads what ``write(to:)`` wrote; `nil` for anything that is no object with frames. Frames that are none are left out.
    package init?(_ json: JSONValue) {
        guard let frames = json["frames"]?.array else { return nil }
        self.init(
            frames: frames.compactMap(Frame.init),
            registers: Self.registers(json["registers"]),
            instructionAddressAdjustment: json["instruction_addr_adjustment"]?.string,
            snapshot: json["snapshot"]?.bool)
    }

    private static func registers(_ json: JSONValue?) -> [String: UInt64] {
        var registers: [String: UInt64] = [:]
        for member in json?.members ?? [] { registers[member.name] = addressValue(member.value) }
        return registers
    }
}

extension Frame {
    /// Reads what ``write(to:)`` wrote, with the texts as they were cut there; `nil` for a frame that has neither a
    /// function nor a file nor an address.
    package init?(_ json: JSONValue) {
        self.init(
            function: json["function"]?.string, filename: json["filename"]?.string, line: json.positive("lineno"),
            inApp: json["in_app"]?.bool)
        rawFunction = json["raw_function"]?.string
        symbol = json["symbol"]?.string
        module = json["module"]?.string
        absolutePath = json["abs_path"]?.string
        package = json["package"]?.string
        column = json.positive("colno")
        contextLine = json["context_line"]?.string
        preContext = json["pre_context"]?.array?.compactMap(\.string) ?? []
        postContext = json["post_context"]?.array?.compactMap(\.string) ?? []
        instructionAddress = addressValue(json["instruction_addr"])
        symbolAddress = addressValue(json["symbol_addr"])
        imageAddress = addressValue(json["image_addr"])
        trust = json["trust"]?.string
        platform = json["platform"]?.string
        guard function != nil || filename != nil || instructionAddress != nil else { return nil }
    }
}

extension JSONValue {
    /// Lines and columns count from 1.
    fileprivate func positive(_ name: String) -> Int? {
        guard let value = self[name]?.integer, value > 0 else { return nil }
        return Int(value)
    }
}

/// What ``hexAddress(_:)`` wrote; `nil` for anything else.
func addressValue(_ json: JSONValue?) -> UInt64? {
    guard let text = json?.string, text.hasPrefix("0x"), text.utf8.dropFirst(2).allSatisfy(isHexDigit) else {
        return nil
    }
    return UInt64(text.dropFirst(2), radix: 16)
}
