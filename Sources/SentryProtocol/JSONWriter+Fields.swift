// The shapes that wire values share.

extension JSONWriter {
    /// A number of seconds with microseconds; `nil` writes nothing.
    package mutating func field(_ name: String, seconds time: Timestamp?) {
        guard let time else { return }
        field(name) { $0.raw(time.secondsText.utf8) }
    }

    /// A text cut to the server's limit; `nil` and empty write nothing.
    mutating func field(_ name: String, _ text: String?, limit: Int) {
        guard let text, !text.isEmpty else { return }
        field(name, capped(text, limit))
    }

    /// A list; empty writes nothing.
    mutating func field(_ name: String, list: [some JSONWritable]) {
        guard !list.isEmpty else { return }
        field(name, list)
    }

    /// A list as `{"values": […]}`; empty writes nothing.
    mutating func field(_ name: String, values: [some JSONWritable]) {
        guard !values.isEmpty else { return }
        field(name) { $0.object { $0.field("values", values) } }
    }

    /// An object; empty writes nothing.
    mutating func field(_ name: String, map: [String: some JSONWritable]) {
        guard !map.isEmpty else { return }
        field(name, map)
    }

    /// A user as ordered pairs, cut to the server's limits; empty writes nothing.
    mutating func field(_ name: String, user: [(key: String, value: String)]) {
        guard !user.isEmpty else { return }
        field(name) {
            $0.object { object in
                for (key, value) in user { object.field(key, value, limit: key == "email" ? 75 : 128) }
            }
        }
    }
}
