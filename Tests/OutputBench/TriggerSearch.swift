// `OutputBench triggers FILE`: in which groups triggers are found in vain most rarely (`TriggerGroups.known`).

import LinuxSystem
import OutputCapture

/// Changes one choice at a time for as long as fewer places of a text are found. As the scan does it with AVX2, by the lower
/// halves of seven bytes; what tells more of the bytes apart finds fewer.
struct TriggerSearch {
    /// A bit for each place of the sample.
    private typealias Places = [UInt64]

    /// Places of the text that are looked at.
    private static let sampled = 1 << 16
    /// Later bytes of a trigger are not considered.
    private static let mostOffsets = 16

    private let triggers = TriggerGroups.triggers
    private var choices: [TriggerGroups.Choice]
    /// By position and lower half: where the byte there has it.
    private var having: [[Places]]
    /// By group: where all its positions allow the bytes.
    private var found: [Places] = []

    init(_ text: [UInt8]) {
        let count = triggers.count
        choices = triggers.indices.map { TriggerGroups.choice($0, of: count) }
        let none = Places(repeating: 0, count: Self.sampled / 64)
        having = Array(repeating: Array(repeating: none, count: 16), count: TextScan.length)
        let step = max(1, (text.count - TextScan.length) / Self.sampled)
        for place in 0..<min(Self.sampled, text.count - TextScan.length) {
            for position in 0..<TextScan.length {
                having[position][Int(text[place * step + position] & 15)][place >> 6] |= 1 << UInt64(place & 63)
            }
        }
        found = (0..<TextScan.groups).map { places(of: $0) }
    }

    /// `TriggerGroups.known` as it should be.
    mutating func run() -> String {
        var best = count(found)
        while true {
            let before = best
            for trigger in triggers.indices { best = improve(trigger, best) }
            if best == before { break }
        }
        return choices.reduce(into: "") { text, choice in
            text.unicodeScalars.append(Unicode.Scalar(UInt8(ascii: "a") + UInt8(choice.offset)))
            text += "\(choice.group)"
        }
    }

    /// - Returns: how many places are found now.
    private mutating func improve(_ trigger: Int, _ before: Int) -> Int {
        let old = choices[trigger]
        var (best, choice) = (before, old)
        let mostOffsets = min(triggers[trigger].utf8CodeUnitCount - TextScan.length, Self.mostOffsets)
        let without = places(of: old.group, without: trigger)
        for group in found.indices {
            for offset in 0...mostOffsets {
                choices[trigger] = TriggerGroups.Choice(offset: offset, group: group)
                var trial = found
                trial[old.group] = without
                trial[group] = places(of: group)
                let count = count(trial)
                if count < best { (best, choice) = (count, choices[trigger]) }
            }
        }
        choices[trigger] = choice
        found[old.group] = places(of: old.group)
        found[choice.group] = places(of: choice.group)
        return best
    }

    private func places(of group: Int, without left: Int? = nil) -> Places {
        var allowed = [UInt16](repeating: 0, count: TextScan.length)
        for (index, choice) in choices.enumerated() where choice.group == group && index != left {
            for position in allowed.indices {
                allowed[position] |= 1 << UInt16(triggers[index].utf8Start[choice.offset + position] & 15)
            }
        }
        var places = Places(repeating: .max, count: Self.sampled / 64)
        for (position, halves) in allowed.enumerated() {
            var here = Places(repeating: 0, count: places.count)
            for half in 0..<16 where halves >> UInt16(half) & 1 != 0 {
                for word in here.indices { here[word] |= having[position][half][word] }
            }
            for word in here.indices { places[word] &= here[word] }
        }
        return places
    }

    private func count(_ groups: [Places]) -> Int {
        (0..<Self.sampled / 64).reduce(0) { sum, word in
            sum + groups.reduce(0) { $0 | $1[word] }.nonzeroBitCount
        }
    }
}
