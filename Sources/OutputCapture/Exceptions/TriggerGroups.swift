// Which triggers a scan looks for together, and by which of their bytes.

import LinuxSystem

/// Puts triggers into the groups of a ``TextScan`` so that ordinary text is found in vain as rarely as may be.
struct TriggerGroups {
    /// Where a trigger's text begins that is looked for, and in which group it is.
    struct Choice: Equatable {
        let offset: Int
        let group: Int
    }

    /// What ``choices(for:)`` says of the triggers of ``ExceptionLanguages``, in their order: for each a letter (`a` is 0) for
    /// the offset and a digit for the group. Finding it out takes as long as a short run.
    static let known: StaticString = """
        i4l4b3a0c1a0a1e4b7a1b0b0c2c2i4d5e4g0d7e4i6b3l3l3l3c2c2b2b2d2e2a2a6j6e1b3b3b3j4a7c1f1k6c3i2k4d5d0o2p2g4n0i5d0j4a5\
        f1b0f1a3b3b3b3a4e2q1g7j7a4b2k3j7b4a5a5h3a6c7a6e3f0g1e2a7a0a2b4b5h0e4i7b3a6a6
        """

    /// What share of ordinary lines' bytes have this lower half.
    private static let shares: [Double] = [
        0.149, 0.069, 0.075, 0.075, 0.103, 0.113, 0.035, 0.043, 0.055, 0.075, 0.012, 0.005, 0.037, 0.037, 0.056, 0.061,
    ]
    /// Later bytes of a trigger are not considered.
    private static let mostOffsets = 16

    private struct Group {
        /// By position: the lower halves that are allowed there, and their share of ordinary bytes.
        var allowed = [UInt16](repeating: 0, count: TextScan.length)
        var shares = [Double](repeating: 0, count: TextScan.length)
        var product = 0.0

        /// The share of ordinary places that are found with the text in it.
        func product(with text: UnsafePointer<UInt8>) -> Double {
            var product = 1.0
            for place in 0..<TextScan.length {
                let half = Int(text[place] & 15)
                product *= shares[place] + (allowed[place] >> half & 1 == 0 ? TriggerGroups.shares[half] : 0)
            }
            return product
        }

        mutating func add(_ text: UnsafePointer<UInt8>) {
            product = product(with: text)
            for place in 0..<TextScan.length {
                let half = Int(text[place] & 15)
                if allowed[place] >> half & 1 == 0 { shares[place] += TriggerGroups.shares[half] }
                allowed[place] |= 1 << half
            }
        }
    }

    /// Adds the triggers to the scan.
    static func fill(_ scan: TextScan, with triggers: [StaticString]) {
        let isKnown = known.utf8CodeUnitCount == 2 * triggers.count
        let choices = isKnown ? [] : choices(for: triggers)
        for (index, trigger) in triggers.enumerated() {
            let choice = isKnown ? knownChoice(index) : choices[index]
            guard choice.offset + TextScan.length <= trigger.utf8CodeUnitCount else { continue }
            scan.add(trigger.utf8Start + choice.offset, to: choice.group)
        }
    }

    private static func knownChoice(_ index: Int) -> Choice {
        Choice(
            offset: Int(known.utf8Start[2 * index] - UInt8(ascii: "a")),
            group: Int(known.utf8Start[2 * index + 1] - UInt8(ascii: "0")))
    }

    /// Short triggers choose first: they have no choice of their bytes.
    static func choices(for triggers: [StaticString]) -> [Choice] {
        var groups = [Group](repeating: Group(), count: TextScan.groups)
        var choices = [Choice](repeating: Choice(offset: 0, group: 0), count: triggers.count)
        let shortFirst = triggers.indices.sorted {
            (triggers[$0].utf8CodeUnitCount, $0) < (triggers[$1].utf8CodeUnitCount, $1)
        }
        for index in shortFirst {
            let trigger = triggers[index]
            var best: (cost: Double, choice: Choice)?
            for offset in 0...min(trigger.utf8CodeUnitCount - TextScan.length, mostOffsets) {
                for group in groups.indices {
                    let cost = groups[group].product(with: trigger.utf8Start + offset) - groups[group].product
                    if best.map({ cost < $0.cost }) ?? true {
                        best = (cost, Choice(offset: offset, group: group))
                    }
                }
            }
            guard let best else { continue }
            groups[best.choice.group].add(trigger.utf8Start + best.choice.offset)
            choices[index] = best.choice
        }
        return choices
    }
}
