// Lines that may turn out to be parts of an exception: until that is known they are no records.

import LinuxSystem
import SentryProtocol

/// One line, and what its record will be made of.
struct WaitingLine: Sendable {
    /// Of its stream, as ``ExceptionDetector/lineCount`` counts.
    let number: Int
    let bytes: [UInt8]
    let flags: LineFlags
    let isSecret: Bool
    let wall: Timestamp
    let sequence: Int
    /// The line before it, which says of what level and logger this one is.
    let header: HeldHeader?
}

/// The lines of one stream that wait.
struct WaitingLines: Sendable {
    private static let maximumCount = 2048
    private static let maximumBytes = 256 << 10
    /// Bytes kept of each: a record shows no more.
    private static let keptLength = 2 * LogRecord.maximumBody

    /// In the order of their numbers.
    private var lines: [WaitingLine] = []
    private var bytes = 0

    var isEmpty: Bool { lines.isEmpty }

    /// - Returns: `false` where there are too many: the line does not wait.
    mutating func add(
        _ line: UnsafeRawBufferPointer, number: Int, flags: LineFlags, isSecret: Bool, wall: Timestamp, sequence: Int,
        header: HeldHeader?
    ) -> Bool {
        let kept = Array(line.prefix(Self.keptLength))
        guard lines.count < Self.maximumCount, bytes + kept.count <= Self.maximumBytes else { return false }
        bytes += kept.count
        lines.append(
            WaitingLine(
                number: number, bytes: kept, flags: flags, isSecret: isSecret, wall: wall, sequence: sequence,
                header: header))
        return true
    }

    /// Those with these numbers, which wait no longer.
    mutating func take(_ numbers: ClosedRange<Int>) -> [WaitingLine] {
        guard let last = lines.last, last.number >= numbers.lowerBound else { return [] }
        let taken = lines.filter { numbers.contains($0.number) }
        lines.removeAll { numbers.contains($0.number) }
        return released(taken)
    }

    /// Those before a line, which wait no longer. Asked for with each line, while most have to wait on.
    mutating func take(before number: Int) -> [WaitingLine] {
        guard let first = lines.first, first.number < number else { return [] }
        let taken = Array(lines.prefix { $0.number < number })
        lines.removeFirst(taken.count)
        return released(taken)
    }

    private mutating func released(_ taken: [WaitingLine]) -> [WaitingLine] {
        bytes -= taken.reduce(0) { $0 + $1.bytes.count }
        return taken
    }
}
