// Which triggers a scan looks for together, and by which of their bytes.

import LinuxSystem

/// Puts triggers into the groups of a ``TextScan`` so that ordinary text is found in vain as rarely as may be.
package enum TriggerGroups {
    /// Where a trigger's text begins that is looked for, and in which group it is.
    package struct Choice: Equatable {
        package var offset: Int
        package var group: Int

        package init(offset: Int, group: Int) {
            self.offset = offset
            self.group = group
        }
    }

    /// For the triggers of ``ExceptionLanguages`` in their order: a letter (`a` is 0) for the offset and a digit for the group.
    /// `OutputBench triggers FILE` finds them, the file being prose and logs; it has to be asked anew when a trigger joins or
    /// leaves.
    package static let known: StaticString = """
        i4n0b3a0c5a0a1e4b7d7b0b0c2c2i4b0e4g0d7e4i6b3l3l3l3c2c2b2b2d2e2a2a6j6d5b3b3b3j4a5b4d6c4c3i2k4d5d0o2p2g4n0o5a1j4a6\
        f1b0f1a0b3b3b3a4c5q1h5j7a1c1e0i4a5a3a5h3c7c7a6e3l7b3c3a7a0a2b4k4h0d5h2b3a6a6
        """

    /// Those that may be anywhere in a line, in the order of the languages.
    package static var triggers: [StaticString] { TriggerIndex.ofAllLanguages.anywhere }

    /// - Parameter index: of ``triggers``. What fits every trigger where ``known`` is another number of them's: slower, not wrong.
    package static func choice(_ index: Int, of count: Int) -> Choice {
        guard known.utf8CodeUnitCount == 2 * count else { return Choice(offset: 0, group: index % TextScan.groups) }
        return Choice(
            offset: Int(known.utf8Start[2 * index] - UInt8(ascii: "a")),
            group: Int(known.utf8Start[2 * index + 1] - UInt8(ascii: "0")))
    }

    /// Adds the triggers to the scan.
    static func fill(_ scan: TextScan, with triggers: [StaticString]) {
        for (index, trigger) in triggers.enumerated() {
            let choice = choice(index, of: triggers.count)
            guard choice.offset + TextScan.length <= trigger.utf8CodeUnitCount else { continue }
            scan.add(trigger.utf8Start + choice.offset, to: choice.group)
        }
    }
}
