// Bytes as the job wrote them → lines. Nothing is copied while a line lies within one buffer.

import LinuxSystem

/// What is special about a line.
package struct LineFlags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The line was longer than ``LineAssembler/maximumLength``: this is not its first part.
    package static let continued = LineFlags(rawValue: 1)
    /// Carriage returns overwrote earlier text (a progress bar); the bytes are what stood there last.
    package static let hadCarriageReturn = LineFlags(rawValue: 2)
}

/// Splits one stream into lines.
///
/// A line's bytes exclude its `\n` or `\r\n`. They are borrowed: valid only during the call of `body`. Lines come in
/// order, empty ones too. An unterminated line is kept for the next buffer; of one that a progress bar keeps
/// overwriting only the last state is kept.
package struct LineAssembler: ~Copyable {
    /// In bytes. A longer line is handed out in several parts.
    package static let maximumLength = 64 * 1024

    private var carry: [UInt8] = []
    private var carryFlags: LineFlags = []

    package init() {}

    /// Whether the last line has no end yet.
    package var isWithinLine: Bool { !carry.isEmpty || carryFlags.contains(.continued) }

    /// Takes the next bytes of the stream and calls `body` for each line they complete.
    package mutating func feed(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, LineFlags) -> Void
    ) {
        var rest = bytes
        let overwrites = firstOffset(of: 0x0D, in: bytes) != nil
        if !carry.isEmpty || !carryFlags.isEmpty {
            guard let end = firstOffset(of: 0x0A, in: rest) else { return keep(rest, overwrites, body) }
            keep(UnsafeRawBufferPointer(rebasing: rest[..<end]), overwrites, body)
            finish(body, emptyToo: true)
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        }
        while let end = firstOffset(of: 0x0A, in: rest) {
            emit(UnsafeRawBufferPointer(rebasing: rest[..<end]), overwrites, body)
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        }
        keep(rest, overwrites, body)
    }

    /// The stream has ended: hands out what has no newline, if anything.
    package mutating func finish(_ body: (UnsafeRawBufferPointer, LineFlags) -> Void) { finish(body, emptyToo: false) }

    private mutating func finish(_ body: (UnsafeRawBufferPointer, LineFlags) -> Void, emptyToo: Bool) {
        if emptyToo && carryFlags != .continued || !carry.isEmpty {
            carry.withUnsafeBytes { body(Self.visible($0, &carryFlags), carryFlags) }
        }
        carry.removeAll(keepingCapacity: true)
        carryFlags = []
    }

    /// A line that lies within one buffer.
    private func emit(
        _ line: UnsafeRawBufferPointer, _ overwrites: Bool, _ body: (UnsafeRawBufferPointer, LineFlags) -> Void
    ) {
        var flags: LineFlags = []
        var rest = overwrites ? Self.visible(line, &flags) : line
        while rest.count > Self.maximumLength {
            body(UnsafeRawBufferPointer(rebasing: rest[..<Self.maximumLength]), flags)
            flags.insert(.continued)
            rest = UnsafeRawBufferPointer(rebasing: rest[Self.maximumLength...])
        }
        body(rest, flags)
    }

    /// Adds to the unterminated line, handing out full parts of it.
    private mutating func keep(
        _ bytes: UnsafeRawBufferPointer, _ overwrites: Bool, _ body: (UnsafeRawBufferPointer, LineFlags) -> Void
    ) {
        var rest = bytes
        while !rest.isEmpty {
            let room = min(Self.maximumLength - carry.count, rest.count)
            carry.append(contentsOf: rest[..<room])
            rest = UnsafeRawBufferPointer(rebasing: rest[room...])
            if overwrites { dropOverwritten() }
            guard carry.count == Self.maximumLength else { continue }
            carry.withUnsafeBytes { body(Self.visible($0, &carryFlags), carryFlags) }
            carry.removeAll(keepingCapacity: true)
            carryFlags.insert(.continued)
        }
    }

    /// Forgets what a carriage return has overwritten. One at the end may yet turn out to be half of `\r\n`.
    private mutating func dropOverwritten() {
        let overwritten = carry.withUnsafeBytes { all -> Int in
            let text = UnsafeRawBufferPointer(rebasing: all.dropLast())
            return lastOffset(of: 0x0D, in: text).map { $0 + 1 } ?? 0
        }
        guard overwritten > 0 else { return }
        carry.removeFirst(overwritten)
        carryFlags.insert(.hadCarriageReturn)
    }

    /// What stands on the line in the end.
    static func visible(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var flags: LineFlags = []
        return visible(line, &flags)
    }

    /// What stands on the line in the end: without trailing carriage returns, from the last one on.
    private static func visible(_ line: UnsafeRawBufferPointer, _ flags: inout LineFlags) -> UnsafeRawBufferPointer {
        var end = line.count
        while end > 0, line[end - 1] == 0x0D { end -= 1 }
        let text = UnsafeRawBufferPointer(rebasing: line[..<end])
        guard let last = lastOffset(of: 0x0D, in: text) else { return text }
        flags.insert(.hadCarriageReturn)
        return UnsafeRawBufferPointer(rebasing: text[(last + 1)...])
    }
}
