// What a user wants removed beyond, or kept in spite of, what is removed anyway.

import Patterns

/// The rules of one run.
package struct ScrubRules: Sendable {
    /// E-mail and public IP addresses and names of users go, too.
    package var removesPersonalData = false
    /// What matches goes.
    package var patterns: [LinePattern] = []
    /// Keys whose values stay; compared without case, as the whole key.
    package var allowedKeys: [String] = []
    /// A value in which one of these is found stays.
    package var allowedValues: [LinePattern] = []

    package init(
        removesPersonalData: Bool = false, patterns: [LinePattern] = [], allowedKeys: [String] = [],
        allowedValues: [LinePattern] = []
    ) {
        self.removesPersonalData = removesPersonalData
        self.patterns = patterns
        self.allowedKeys = allowedKeys
        self.allowedValues = allowedValues
    }
}

/// ``ScrubRules`` ready for use. Owned by one thread.
final class ScrubDecisions {
    let removesPersonalData: Bool
    let patterns: [PatternMatcher]
    let keys = KeyVerdicts()
    private let allowedKeys: [[UInt8]]
    private let allowedValues: [PatternMatcher]

    init(_ rules: ScrubRules) {
        removesPersonalData = rules.removesPersonalData
        patterns = rules.patterns.map(PatternMatcher.init)
        allowedKeys = rules.allowedKeys.map { $0.utf8.map(\.lowered) }
        allowedValues = rules.allowedValues.map(PatternMatcher.init)
    }

    deinit { keys.deallocate() }

    /// Whether the user said that this key's values are no secrets.
    func allows(key: UnsafeRawBufferPointer) -> Bool {
        !allowedKeys.isEmpty
            && allowedKeys.contains { $0.count == key.count && $0.elementsEqual(key.lazy.map(\.lowered)) }
    }

    func allows(value: UnsafeRawBufferPointer) -> Bool {
        !allowedValues.isEmpty && allowedValues.contains { $0.matches(value) }
    }
}
