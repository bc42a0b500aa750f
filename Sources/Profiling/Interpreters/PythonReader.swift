// Python stacks of all processes that are sampled.

import Backtracing
import LinuxSystem

/// Knows which processes run Python, and reads their stacks as samples of them come in.
///
/// A sample is some 0.1 ms old by then where each one wakes us: the innermost functions may be the ones that followed.
final class PythonReader {
    private let library: ImageLibrary
    let codes = PythonCodes()
    private var images: [UInt64: PythonImage?] = [:]
    /// Samples of evaluators without Python's own stack: gone, or in the middle of a change.
    private(set) var missed: UInt64 = 0
    private(set) var read: UInt64 = 0
    private(set) var refusal: SystemError?

    init(library: ImageLibrary) { self.library = library }

    /// The interpreter that a process may have.
    enum State {
        case none
        /// A file of that kind is mapped: where in the library, and how far from the process's addresses.
        case candidate(address: UInt64, delta: UInt64)
        case running(PythonProcess, PythonImage, address: UInt64, delta: UInt64)

        /// A child has the same mappings, and memory of its own.
        var ofChild: State {
            if case .running(_, _, let address, let delta) = self { return .candidate(address: address, delta: delta) }
            return self
        }
    }

    /// The code of the evaluator in a process, in the library's addresses; `nil` where it runs no Python.
    func evaluator(of process: TrackedProcess) -> Range<UInt64>? {
        switch process.python {
        case .none: return nil
        case .running(_, let image, _, _): return image.evaluator
        case .candidate(let address, let delta):
            guard let image = image(at: address) else {
                process.python = .none
                return nil
            }
            guard let python = PythonProcess(process.pid, image.addresses(delta: delta)) else { return image.evaluator }
            process.python = .running(python, image, address: address, delta: delta)
            return image.evaluator
        }
    }

    /// What a thread executes; `nil` where that is not to be had now.
    func stack(of thread: Int32, in process: TrackedProcess, at time: MonotonicTime) -> PythonStack? {
        guard case .running(let python, _, _, _) = process.python,
            let stack = python.stack(of: thread, codes, at: time), !stack.isEmpty
        else {
            missed += 1
            if case .running(let python, _, _, _) = process.python { refusal = python.refusal ?? refusal }
            return nil
        }
        read += 1
        return stack
    }

    private func image(at address: UInt64) -> PythonImage? {
        guard let image = library.image(at: address) else { return nil }
        if let known = images[image.range.lowerBound] { return known }
        let found = PythonImage(image)
        images[image.range.lowerBound] = .some(found)
        return found
    }
}
