// What lets nearly every line pass must let none pass that has a trigger, wherever that stands in a buffer.

import LinuxSystem
import Testing

@testable import OutputCapture

@Suite struct TriggerFilterTests {
    private static let index = TriggerIndex.ofAllLanguages
    /// One for all that this processor can, and for nothing of it.
    private static let indices =
        VectorInstructions.possible.map { TriggerIndex(ExceptionLanguages.all, TextScan($0)) }

    private static let triggers: [StaticString] = index.languages.flatMap { $0.triggers }.map { trigger in
        switch trigger {
        case .start(let text), .anywhere(let text): text
        }
    }

    /// Lines of one buffer, told apart as the recorder does it; whether each may open, and whether it does.
    private func look(
        at buffer: [UInt8], _ index: TriggerIndex, inBuffer: Bool = true
    ) -> [(mayOpen: Bool, opens: Bool)] {
        buffer.withUnsafeBytes { bytes in
            var filter = index.filter
            if inBuffer { filter.begin(bytes) }
            defer { filter.finish() }
            return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { slice in
                let line = UnsafeRawBufferPointer(rebasing: slice)
                return (!filter.quiet.hold(line) && filter.mayOpen(line), index.hasOpening(line))
            }
        }
    }

    @Test(arguments: indices.indices) func everyTriggerIsFoundAtEveryPlace(way: Int) {
        for trigger in Self.triggers {
            let text = Array(UnsafeBufferPointer(start: trigger.utf8Start, count: trigger.utf8CodeUnitCount))
            for before in 0..<70 {
                var buffer = Array("first line of some length\n".utf8)
                buffer += [UInt8](repeating: UInt8(ascii: "x"), count: before) + text
                let line = look(at: buffer, Self.indices[way])[1]
                #expect(line.mayOpen || !line.opens, "\(trigger) after \(before)")
                #expect(before > 0 || line.opens, "\(trigger)")
            }
        }
    }

    @Test func everyTriggerHasItsGroup() {
        let triggers = TriggerGroups.triggers
        #expect(TriggerGroups.known.utf8CodeUnitCount == 2 * triggers.count, "see OutputBench triggers FILE")
        for (index, trigger) in triggers.enumerated() {
            let choice = TriggerGroups.choice(index, of: triggers.count)
            #expect((0...trigger.utf8CodeUnitCount - TextScan.length).contains(choice.offset), "\(trigger)")
            #expect((0..<TextScan.groups).contains(choice.group), "\(trigger)")
        }
    }

    @Test(arguments: indices.indices) func manyLinesInOneBuffer(way: Int) {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var buffer: [UInt8] = []
            for _ in 0..<200 {
                buffer += (0..<Int.random(in: 0...90, using: &numbers)).map { _ in UInt8.random(in: 0x20...0xFF) }
                if Int.random(in: 0..<8, using: &numbers) == 0, let trigger = Self.triggers.randomElement() {
                    buffer += UnsafeBufferPointer(start: trigger.utf8Start, count: trigger.utf8CodeUnitCount)
                }
                buffer += (0..<Int.random(in: 0...9, using: &numbers)).map { _ in UInt8.random(in: 0x20...0xFF) }
                buffer.append(0x0A)
            }
            for inBuffer in [true, false] {
                let lines = look(at: buffer, Self.indices[way], inBuffer: inBuffer)
                #expect(lines.allSatisfy { $0.mayOpen || !$0.opens })
                // That all lines may open would pass, too.
                #expect(lines.count { $0.mayOpen } < 2 * lines.count { $0.opens } + 20)
            }
        }
    }
}
