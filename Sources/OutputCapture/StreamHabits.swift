// Formats are detected line by line; forms that could be prose are believed once a stream has kept to them.

/// What the earlier lines of one stream have shown about how its lines are written.
package struct StreamHabits: Sendable {
    /// So many of the last lines that could have a shape had it.
    private static let believedAfter: UInt8 = 3
    private static let mostCounted: UInt8 = 12

    private var counts: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)

    /// Shapes that may be relied on.
    package private(set) var trusted: LineShapes = []

    /// What the keys of its lines of JSON mean. Made for the first of these.
    private var keys: JSONKeys?

    package init() {}

    var jsonKeys: JSONKeys {
        mutating get {
            if let keys { return keys }
            let made = JSONKeys()
            keys = made
            return made
        }
    }

    /// Takes in how a line was understood. A line that has not the shape takes back what one that has it gave, so that a
    /// stream must keep to it, and may for once deviate.
    mutating func note(_ parsed: ParsedLine) {
        note(parsed.format, hasLevel: parsed.level != nil, parsed.shapes)
    }

    mutating func note(_ format: LineFormat?, hasLevel: Bool, _ shapes: LineShapes) {
        if format == .leveled { Self.count(shapes.contains(.nameBetweenColons), &counts.0) }
        if hasLevel { Self.count(shapes.contains(.nameBeforeColon), &counts.1) }
        Self.count(shapes.contains(.bareClock), &counts.2)
        if format == .leveled { Self.count(shapes.contains(.lowercaseLevel), &counts.3) }
        update(.nameBetweenColons, counts.0)
        update(.nameBeforeColon, counts.1)
        update(.bareClock, counts.2)
        update(.lowercaseLevel, counts.3)
    }

    private static func count(_ has: Bool, _ count: inout UInt8) {
        count = has ? min(mostCounted, count + 1) : count == 0 ? 0 : count - 1
    }

    private mutating func update(_ shape: LineShapes, _ count: UInt8) {
        if count >= Self.believedAfter { trusted.insert(shape) } else { trusted.remove(shape) }
    }
}
