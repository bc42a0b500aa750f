// Threads as they were written.

extension ThreadRecord {
    /// Reads what ``write(to:)`` wrote; `nil` where there is no id.
    package init?(_ json: JSONValue) {
        guard let id = json["id"]?.integer else { return nil }
        self.init(
            id: Int(id), name: json["name"]?.string, crashed: json["crashed"]?.bool, current: json["current"]?.bool,
            main: json["main"]?.bool, state: json["state"]?.string,
            stackTrace: json["stacktrace"].flatMap(StackTrace.init))
    }
}
