// Where reports go and as whom (protocol reference 1.1).

/// A parsed DSN: `{scheme}://{public_key}[:{secret}]@{host}[:{port}]{path}/{project_id}`.
package struct DSN: Sendable, Equatable {
    /// The text it was read from.
    package let text: String

    package init(unchecked text: String) { self.text = text }
}
