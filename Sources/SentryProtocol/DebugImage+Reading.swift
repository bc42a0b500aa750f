// Images as they were written.

extension DebugImage {
    /// Reads what ``write(to:)`` wrote; `nil` where the file, its debug id or its address is missing.
    package init?(_ json: JSONValue) {
        guard let codeFile = json["code_file"]?.string, let debugID = json["debug_id"]?.string,
            let start = addressValue(json["image_addr"])
        else { return nil }
        self.init(
            codeFile: codeFile, buildID: json["code_id"]?.string.flatMap(hexDecode) ?? [], debugID: debugID,
            debugFile: json["debug_file"]?.string, address: start,
            size: UInt64(clamping: json["image_size"]?.integer ?? 0),
            preferredAddress: addressValue(json["image_vmaddr"]) ?? 0, architecture: json["arch"]?.string)
    }
}
