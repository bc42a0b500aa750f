// From mappings to images.

import LinuxSystem

/// An image, and what was read of its headers.
struct FoundImage {
    var image: Image
    let header: ELFLayout?
}

/// Looks through the executable mappings of a process: each belongs to an image.
struct ImageFinder {
    let mappings: [MemoryMapping]
    let memory: MemoryView
    var files: ImageFiles
    private(set) var found: [FoundImage] = []
    /// For each mapping the file that holds its bytes.
    private(set) var mappedFiles: [FileDescriptor?]
    private var headers: [FileDescriptor: ELFLayout?] = [:]

    init(mappings: [MemoryMapping], memory: MemoryView, files: ImageFiles) {
        self.mappings = mappings
        self.memory = memory
        self.files = files
        mappedFiles = Array(repeating: nil, count: mappings.count)
    }

    mutating func findImages() {
        for index in mappings.indices where mappings[index].isExecutable && isOfImage(mappings[index]) {
            take(index)
        }
        findMappedFiles()
    }

    private func isOfImage(_ mapping: MemoryMapping) -> Bool { mapping.file != nil || mapping.path == vdsoPath }

    private mutating func take(_ index: Int) {
        let mapping = mappings[index]
        if let last = found.last, belongs(mapping, to: last) {
            found[found.count - 1].image = last.image.adding(code: mapping.range)
            return
        }
        let first = firstMapping(before: index)
        let file = files.file(of: mapping, first: first)
        let header = file.flatMap { readHeader(of: $0) } ?? capturedHeader(first)
        if let image = image(mapping, index, file, header) { found.append(FoundImage(image: image, header: header)) }
    }

    private func belongs(_ mapping: MemoryMapping, to last: FoundImage) -> Bool {
        guard last.image.path == mapping.path, last.image.range.contains(mapping.range.lowerBound) else { return false }
        guard let header = last.header else { return true }
        return header.bias(
            mapping: mapping.range.lowerBound, fromOffset: mapping.fileOffset, isExecutable: true) == last.image.bias
    }

    private mutating func readHeader(of file: FileDescriptor) -> ELFLayout? {
        if let known = headers[file] { return known }
        let header = ELFLayout(readIn(file))
        headers[file] = .some(header)
        return header
    }

    /// The nearest mapping of the same file, at or below this one, that begins at the file's beginning.
    private func firstMapping(before index: Int) -> MemoryMapping? {
        let mapping = mappings[index]
        for candidate in mappings[...index].reversed().prefix(64)
        where candidate.file == mapping.file && candidate.path == mapping.path && candidate.fileOffset == 0 {
            return candidate
        }
        return nil
    }

    /// The headers as they were copied from the process.
    private func capturedHeader(_ first: MemoryMapping?) -> ELFLayout? {
        guard let start = first?.range.lowerBound, !memory.bytes(at: start, count: 64).isEmpty else { return nil }
        return ELFLayout { offset, count in
            let (address, overflow) = start.addingReportingOverflow(offset)
            return overflow ? [] : Array(memory.bytes(at: address, count: count))
        }
    }

    private func image(
        _ mapping: MemoryMapping, _ index: Int, _ file: FileDescriptor?, _ header: ELFLayout?
    ) -> Image? {
        let bias =
            header?.bias(
                mapping: mapping.range.lowerBound, fromOffset: mapping.fileOffset, isExecutable: true)
            ?? mapping.range.lowerBound &- mapping.fileOffset
        var range = header?.range(bias: bias) ?? contiguousRange(index)
        if !range.contains(mapping.range.lowerBound) { range = mapping.range }
        // Images are searched by their ranges: a header that claims its neighbours' addresses does not get them.
        let low = max(range.lowerBound, found.last?.image.range.upperBound ?? 0)
        let high = end(of: range, after: mapping)
        guard low < high else { return nil }
        return Image(
            path: mapping.path, isDeleted: mapping.isDeleted || (file == nil && mapping.file != nil),
            range: low..<high, code: [mapping.range], bias: bias,
            preferredAddress: header?.loads.first?.address ?? 0, buildID: header?.buildID ?? [],
            machine: header?.machine ?? 0, file: file)
    }

    /// As far as no mapping of another file follows.
    private func end(of range: Range<UInt64>, after mapping: MemoryMapping) -> UInt64 {
        let stranger = mappings.first {
            $0.range.lowerBound >= mapping.range.upperBound && $0.file != nil && $0.file != mapping.file
        }
        return max(min(range.upperBound, stranger?.range.lowerBound ?? .max), mapping.range.upperBound)
    }

    private func contiguousRange(_ index: Int) -> Range<UInt64> {
        var low = index
        while low > 0, mappings[low - 1].file == mappings[index].file,
            mappings[low - 1].range.upperBound == mappings[low].range.lowerBound,
            mappings[low - 1].path == mappings[index].path
        { low -= 1 }
        return mappings[low].range.lowerBound..<mappings[index].range.upperBound
    }

    private mutating func findMappedFiles() {
        let byKey = Dictionary(
            found.compactMap { found in mapping(of: found.image)?.file.map { ($0, found.image.file) } },
            uniquingKeysWith: { first, _ in first })
        for (index, mapping) in mappings.enumerated() {
            if let key = mapping.file, let file = byKey[key] { mappedFiles[index] = file }
        }
    }

    private func mapping(of image: Image) -> MemoryMapping? {
        guard let start = image.code.first?.lowerBound else { return nil }
        return mappings.first { $0.range.lowerBound == start }
    }
}

private let vdsoPath = "[vdso]"

extension Image {
    fileprivate func adding(code more: Range<UInt64>) -> Image {
        Image(
            path: path, isDeleted: isDeleted, range: range.lowerBound..<max(range.upperBound, more.upperBound),
            code: code + [more], bias: bias, preferredAddress: preferredAddress, buildID: buildID, machine: machine,
            file: file)
    }
}
