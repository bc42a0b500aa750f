// The file that holds an interpreter of Python: the program itself, or its library.

import Backtracing
import LinuxSystem

/// What has to be known of such a file to read the stacks of the processes that have it mapped.
struct PythonImage {
    /// In the address space of the ``ImageLibrary``.
    private let runtime: UInt64
    private let codeType: UInt64
    private let version: UInt64
    /// The code of the function that executes Python's.
    let evaluator: Range<UInt64>

    /// In a process.
    struct Addresses {
        let runtime: UInt64
        let codeType: UInt64
        let version: UInt64
    }

    /// Whether a file may be one, by its name: `python3.11`, `libpython3.11.so.1.0`.
    static func mayBe(_ path: String) -> Bool {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
        return name.hasPrefix("libpython3.") || name.hasPrefix("python3") || name == "python"
    }

    /// `nil` where the file has no interpreter of 3.11 or later in it.
    init?(_ image: Image) {
        guard let file = image.file else { return nil }
        let symbols = findSymbols(
            named: ["_PyRuntime", "PyCode_Type", "Py_Version", "_PyEval_EvalFrameDefault"], in: file)
        guard let runtime = symbols["_PyRuntime"], let code = symbols["PyCode_Type"],
            let version = symbols["Py_Version"], let evaluator = symbols["_PyEval_EvalFrameDefault"],
            evaluator.size > 0, evaluator.size < 1 << 24
        else { return nil }
        self.runtime = runtime.address &+ image.bias
        codeType = code.address &+ image.bias
        self.version = version.address &+ image.bias
        let start = evaluator.address &+ image.bias
        self.evaluator = start..<(start &+ evaluator.size)
    }

    /// - Parameter delta: from the process's addresses to the library's.
    func addresses(delta: UInt64) -> Addresses {
        Addresses(runtime: runtime &- delta, codeType: codeType &- delta, version: version &- delta)
    }
}
