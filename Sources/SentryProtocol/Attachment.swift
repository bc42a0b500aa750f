// A file that goes with an event.

extension EnvelopeItem {
    /// An attachment; of `filename` only the last path component is used.
    package static func attachment(
        filename: String, contentType: String = "application/octet-stream", payload: [UInt8]
    ) -> EnvelopeItem {
        let last = filename.split(separator: "/").last.map(String.init) ?? "attachment"
        return EnvelopeItem(.attachment, payload: payload, contentType: contentType, filename: last)
    }
}
