// What is known of one image: opened when it is first asked for, the cheap part apart from the dear one.

import LinuxSystem

/// The symbols and the debug information of an image.
final class ImageSymbols {
    private let image: Image
    private let contents: ImageContents?
    private let locator: DebugFileLocator
    /// The image's own file; `nil` where it is not there, or is another.
    private let file: ELFFile?
    private lazy var debugFile: (elf: ELFFile, descriptor: FileDescriptor, path: String)? = openDebugFile()
    private lazy var table: SymbolTable = makeTable()
    private lazy var linkage: ProcedureLinkage? = file.map(ProcedureLinkage.init)
    private lazy var information: DebugInformation? = openInformation()
    private var ownedDescriptors: [FileDescriptor] = []
    private var names: [UInt64: SourceLocation?] = [:]
    private var chains: [UInt64: [SourceLocation]] = [:]
    private var ownNotes: [String] = []

    init(_ image: Image, contents: ImageContents?, locator: DebugFileLocator) {
        self.image = image
        self.contents = contents
        self.locator = locator
        file = image.file.flatMap(ByteSource.init).flatMap(ELFFile.init).flatMap { file in
            file.buildID == image.buildID || image.buildID.isEmpty ? file : nil
        }
    }

    deinit {
        information = nil
        for descriptor in ownedDescriptors { descriptor.close() }
    }

    /// Sentences about what is missing.
    var notes: [String] {
        var notes = ownNotes
        if information?.isIncomplete == true { notes.append("time ran out while \(image.path) was read") }
        for name in (information?.missingSplitUnits ?? []).sorted().prefix(4) {
            notes.append("\(image.path): debug information is missing: \(name)")
        }
        return notes
    }

    /// By the symbol table alone; `nil` where no symbol covers the address.
    func name(of address: UInt64) -> SourceLocation? {
        if let known = names[address] { return known }
        let location = findName(address &- image.bias)
        names[address] = .some(location)
        return location
    }

    /// By debug information, and by the symbol table where there is none.
    func locations(of address: UInt64) -> [SourceLocation] {
        if let known = chains[address] { return known }
        let locations = findLocations(address)
        chains[address] = locations
        return locations
    }
}

// MARK: - Looking up

extension ImageSymbols {
    private var isGo: Bool { file?.isGo == true }

    private func findName(_ fileAddress: UInt64) -> SourceLocation? {
        guard let match = table.match(fileAddress) ?? linkage?.match(fileAddress) else { return nil }
        let demangled = isGo ? goName(match.name) : Demangler.demangle(match.name)
        return SourceLocation(
            function: demangled.function, symbol: match.name, functionAddress: match.address &+ image.bias,
            language: demangled.language)
    }

    /// Go's assembler adds how a function is called.
    private func goName(_ symbol: String) -> DemangledName {
        DemangledName(function: symbol.hasSuffix(".abi0") ? String(symbol.dropLast(5)) : symbol, language: "go")
    }

    private func findLocations(_ address: UInt64) -> [SourceLocation] {
        let symbol = name(of: address)
        let places = information?.places(of: address &- image.bias) ?? []
        guard !places.isEmpty else { return symbol.map { [$0] } ?? [] }
        return places.map { place in
            var location = SourceLocation(
                function: place.function, symbol: place.linkageName, functionAddress: nil, file: place.file,
                line: place.line, column: place.column, isInlined: place.isInlined, language: place.language)
            if !place.isInlined { complete(&location, place, symbol) }
            return location
        }
    }

    /// The function that has code of its own has a symbol too, which knows more than debug information does: the scope of
    /// a C++ lambda, the part that it is (`.cold`).
    private func complete(
        _ location: inout SourceLocation, _ place: DebugInformation.Place, _ symbol: SourceLocation?
    ) {
        location.functionAddress = place.functionAddress.map { $0 &+ image.bias } ?? symbol?.functionAddress
        guard let symbol else { return }
        // Instructions of a line that no function has: only the symbol says where they are.
        let isSame = location.functionAddress == symbol.functionAddress || place.functionAddress == nil
        if location.function == nil || (isSame && place.linkageName == nil && symbol.function != symbol.symbol) {
            location.function = symbol.function
        }
        location.symbol = symbol.symbol
    }
}

// MARK: - Opening

extension ImageSymbols {
    private func openDebugFile() -> (elf: ELFFile, descriptor: FileDescriptor, path: String)? {
        let wanted = DebugFileLocator.Wanted(buildID: image.buildID, path: image.path, link: file?.debugLink)
        guard let (descriptor, path) = locator.find(wanted) else { return nil }
        ownedDescriptors.append(descriptor)
        guard let source = ByteSource(descriptor), let elf = ELFFile(source) else { return nil }
        return (elf, descriptor, path)
    }

    private func makeTable() -> SymbolTable {
        var table = SymbolTable()
        if let file {
            table.add(file)
            if file.section(".symtab") == nil {
                if let debugFile { table.add(debugFile.elf) } else { table.addMiniDebugInformation(of: file) }
            }
        } else {
            if let debugFile { table.add(debugFile.elf) }
            if let contents { table.add(contents, bias: image.bias) }
        }
        if table.isTruncated { ownNotes.append("\(image.path) has more symbols than are kept") }
        table.sort()
        return table
    }

    private func openInformation() -> DebugInformation? {
        if let deadline = locator.deadline, MonotonicTime.now > deadline {
            ownNotes.append("time ran out before the debug information of \(image.path) was read")
            return nil
        }
        guard let (elf, descriptor, path) = fileWithDebugInformation() else { return nil }
        let size = elf.decompressedDebugSize
        guard size <= DebugInformation.maximumDecompressedSize else {
            ownNotes.append("\(path): \(size >> 20) MiB of compressed debug information are not read")
            return nil
        }
        guard let information = DebugInformation(descriptor, deadline: locator.deadline) else {
            ownNotes.append("\(path): debug information is not readable")
            return nil
        }
        useAlternate(information, besides: path)
        return information
    }

    private func fileWithDebugInformation() -> (ELFFile, FileDescriptor, String)? {
        if let file, file.hasDebugInformation, let descriptor = image.file { return (file, descriptor, image.path) }
        guard let debugFile, debugFile.elf.hasDebugInformation else { return nil }
        return (debugFile.elf, debugFile.descriptor, debugFile.path)
    }

    private func useAlternate(_ information: DebugInformation, besides path: String) {
        guard let link = information.alternateLink else { return }
        if let file = locator.findAlternate(name: link.name, buildID: link.buildID, besides: path) {
            information.useAlternate(file)
        } else {
            ownNotes.append("\(path): debug information is missing: \(link.name)")
        }
    }
}
