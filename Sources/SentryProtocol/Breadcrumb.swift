// What happened before (protocol reference 3.8).

/// One line of the trail that leads to an event.
package struct Breadcrumb: Sendable, Equatable, JSONWritable {
    package var timestamp: Timestamp
    /// `default`, `error`, `info`, `debug`, `navigation`, `http`, …; `nil` is `default`.
    package var type: String?
    /// For captured output `stdout` or `stderr`.
    package var category: String?
    package var level: EventLevel
    package var message: String
    /// Kept by the server up to 2 KiB.
    package var data: [String: JSONValue]

    package init(
        timestamp: Timestamp, category: String?, level: EventLevel = .info, message: String, type: String? = nil,
        data: [String: JSONValue] = [:]
    ) {
        self.timestamp = timestamp
        self.type = type
        self.category = category
        self.level = level
        self.message = message
        self.data = data
    }

    package func write(to json: inout JSONWriter) {
        json.object { crumb in
            crumb.field("timestamp", seconds: timestamp)
            crumb.field("type", type, limit: FieldLimit.breadcrumbCategory)
            crumb.field("category", category, limit: FieldLimit.breadcrumbCategory)
            crumb.field("level", level.rawValue)
            crumb.field("message", capped(message, FieldLimit.message))
            crumb.field("data", map: data)
        }
    }
}
