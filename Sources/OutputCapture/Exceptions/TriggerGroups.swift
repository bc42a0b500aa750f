// Which triggers a scan looks for together, and by which of their bytes.

import LinuxSystem

/// Puts triggers into the groups of a ``TextScan`` so that ordinary text is found in vain as rarely as may be.
struct TriggerGroups {
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

    /// Adds the triggers to the scan. Short ones come first: they leave no choice.
    static func fill(_ scan: TextScan, with triggers: [StaticString]) {
        var groups = [Group](repeating: Group(), count: TextScan.groups)
        for trigger in triggers.sorted(by: { $0.utf8CodeUnitCount < $1.utf8CodeUnitCount }) {
            var best: (cost: Double, group: Int, offset: Int)?
            for offset in 0...min(trigger.utf8CodeUnitCount - TextScan.length, mostOffsets) {
                for group in groups.indices {
                    let cost = groups[group].product(with: trigger.utf8Start + offset) - groups[group].product
                    if best.map({ cost < $0.cost }) ?? true { best = (cost, group, offset) }
                }
            }
            guard let best else { continue }
            groups[best.group].add(trigger.utf8Start + best.offset)
            scan.add(trigger.utf8Start + best.offset, to: best.group)
        }
    }
}
