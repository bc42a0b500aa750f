// With which of the processor's instructions many bytes are looked at together.

import CLinux

/// Each can do more than the one before; ``avx512`` means AVX512F, BW and VBMI.
package enum VectorInstructions: Int32, CaseIterable, Sendable {
    case none
    case avx2
    case avx512

    /// The best that this processor has.
    package static var best: VectorInstructions { VectorInstructions(rawValue: clinux_vectors_best()) ?? .none }

    /// All that this processor has.
    package static var possible: [VectorInstructions] { allCases.filter { $0.rawValue <= best.rawValue } }
}
