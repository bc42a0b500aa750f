// A frame with its names.

/// What is known of one address: a function and its place in the source, as far as debug information goes.
package struct SourceLocation: Sendable, Equatable {
    /// Demangled; `nil` where nothing covers the address.
    package var function: String?
    /// The linker's name, as it is in the file.
    package var symbol: String?
    /// The function's first address, in the process's address space.
    package var functionAddress: UInt64?
    /// As the compiler was given it, made absolute by its directory.
    package var file: String?
    /// From 1.
    package var line: Int?
    package var column: Int?
    /// Its code is part of the next location's function.
    package var isInlined: Bool
    /// `c`, `c++`, `rust`, `swift`, `go`, … where debug information or the symbol tells.
    package var language: String?

    package init(
        function: String? = nil, symbol: String? = nil, functionAddress: UInt64? = nil, file: String? = nil,
        line: Int? = nil, column: Int? = nil, isInlined: Bool = false, language: String? = nil
    ) {
        self.function = function
        self.symbol = symbol
        self.functionAddress = functionAddress
        self.file = file
        self.line = line
        self.column = column
        self.isInlined = isInlined
        self.language = language
    }
}
