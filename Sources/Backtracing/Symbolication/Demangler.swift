// From the linker's name to the one in the source.

import CDebugInfo

/// A symbol's name as people write it.
struct DemangledName: Equatable {
    let function: String
    /// By the mangling scheme; `nil` where there is none to tell by.
    let language: String?
}

enum Demangler {
    /// Longer ones are shown as they are.
    private static let maximumLength = 32768

    /// - Parameter symbol: as it is in the file, of any language; of Go, whose names are readable, ask nobody.
    static func demangle(_ symbol: String) -> DemangledName {
        let name = withoutCloneSuffix(symbol)
        guard name.utf8.count <= maximumLength else { return DemangledName(function: name, language: nil) }
        if isSwift(name), let swift = swiftName(name) { return DemangledName(function: swift, language: "swift") }
        guard name.hasPrefix("_"), let language = language(of: name), let plain = plainName(name), plain != name else {
            return DemangledName(function: name, language: nil)
        }
        return DemangledName(function: plain, language: language)
    }

    /// Without what compilers append to the name of a part or a variant of a function: `.cold`, `.constprop.0`,
    /// `.isra.0.cold`, `.llvm.1234`.
    static func withoutCloneSuffix(_ symbol: String) -> String {
        var name = Substring(symbol)
        while let shorter = withoutLastSuffix(name) { name = shorter }
        return String(name)
    }

    private static let numbered: Set<Substring> = [
        "constprop", "isra", "part", "cold", "lto_priv", "llvm", "clone", "_omp_fn", "_omp_cpyfn", "simdclone",
        "unlikely",
        "warm", "hot", "destroy", "resume", "cleanup", "localalias", "__uniq", "ipa_cp", "specialized",
    ]
    private static let alone: Set<Substring> = [
        "cold", "localalias", "resolver", "actor", "destroy", "resume", "cleanup", "unlikely", "hot", "ifunc",
    ]

    private static func withoutLastSuffix(_ name: Substring) -> Substring? {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        let last = name[name.index(after: dot)...]
        let rest = name[..<dot]
        if alone.contains(last) { return rest }
        guard !last.isEmpty, last.allSatisfy({ $0.isASCII && $0.isHexDigit }), let before = rest.lastIndex(of: "."),
            before != rest.startIndex, numbered.contains(rest[rest.index(after: before)...])
        else { return nil }
        return rest[..<before]
    }

    private static func isSwift(_ name: String) -> Bool {
        name.hasPrefix("$s") || name.hasPrefix("$S") || name.hasPrefix("_$s") || name.hasPrefix("_$S")
            || name.hasPrefix("_T0") || name.hasPrefix("$e")
    }

    private static func language(of name: String) -> String? {
        if name.hasPrefix("_R") { return "rust" }
        if name.hasPrefix("_D") { return "d" }
        if name.hasPrefix("_GLOBAL_") { return "c++" }
        guard name.hasPrefix("_Z") else { return nil }
        return isLegacyRust(name) ? "rust" : "c++"
    }

    /// Rust's older scheme is a nested C++ name that ends in a hash: `17h` and sixteen digits.
    private static func isLegacyRust(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard bytes.count > 23, bytes.last == UInt8(ascii: "E"), bytes.starts(with: Array("_ZN".utf8)) else {
            return false
        }
        let hash = bytes.dropLast().suffix(19)
        return hash.starts(with: Array("17h".utf8))
            && hash.dropFirst(3).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func plainName(_ name: String) -> String? { taken(cdebuginfo_demangle(name)) }

    private static func swiftName(_ name: String) -> String? {
        taken(cdebuginfo_demangle_swift(name, name.utf8.count))
    }

    private static func taken(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
        guard let pointer else { return nil }
        defer { cdebuginfo_free(pointer) }
        let name = String(cString: pointer)
        return name.isEmpty ? nil : name
    }
}
