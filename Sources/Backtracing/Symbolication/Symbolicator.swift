// From addresses to names.

import LinuxSystem

/// Names addresses of a process, by the ELF files that were mapped into it and by their debug files.
///
/// It opens an image when it is first asked about it and keeps what it found, by image and by address. Ask for all
/// ``name(of:in:)`` first, which costs a symbol table for each image, and for ``locations(of:in:)`` of the frames that
/// matter most next: so a huge debug file can delay only what comes after it. One thread at a time.
///
/// What libdw makes of a broken file is its own affair: it may end the process. Everything else here is read with bounds
/// checked.
package final class Symbolicator {
    private let locator: DebugFileLocator
    private var images: [ImageKey: ImageSymbols] = [:]
    private var releasedNotes: [String] = []
    private var ranOut = false

    private struct ImageKey: Hashable {
        let start: UInt64
        let path: String
        let buildID: [UInt8]

        init(_ image: Image) {
            start = image.range.lowerBound
            path = image.path
            buildID = image.buildID
        }
    }

    /// - Parameters:
    ///   - searchPaths: Directories with debug files, absolute: `.build-id/xx/yyyy.debug`, `NAME.debug`, a file's own path
    ///     below them, or the file itself before it was stripped. They come before the system's.
    ///   - rootDirectory: The process's root; each path is looked for below it first, and then on the host. Stays the
    ///     caller's.
    ///   - deadline: From then on no image and no debug information is opened, and ``notes`` says so. It is looked at
    ///     between units, not within one of libdw's calls.
    package init(searchPaths: [String], rootDirectory: FileDescriptor?, deadline: MonotonicTime?) {
        locator = DebugFileLocator(searchPaths: searchPaths, rootDirectory: rootDirectory, deadline: deadline)
    }

    /// The function that an address is in, by the symbol table alone.
    ///
    /// - Parameters:
    ///   - address: ``UnwoundFrame/lookup``, in the process's address space.
    ///   - image: The image that has it. Its file must be open as long as this lives.
    ///   - contents: Its memory, for an image without a file: `.dynsym` is read from there.
    /// - Returns: without file and line; `nil` where no symbol covers the address, or time has run out.
    package func name(of address: UInt64, in image: Image, contents: ImageContents? = nil) -> SourceLocation? {
        symbols(of: image, contents)?.name(of: address)
    }

    /// The functions that an address is in, with their places in the source.
    ///
    /// - Returns: innermost first: all but the last are inlined into the next one. One without a file where there is a
    ///   symbol only, and none where there is nothing, or where time has run out.
    package func locations(
        of address: UInt64, in image: Image, contents: ImageContents? = nil
    ) -> [SourceLocation] {
        symbols(of: image, contents)?.locations(of: address) ?? []
    }

    /// Gives back what is known of an image, tens of megabytes where it has debug information. Asked about it again, it would
    /// open it again.
    package func release(_ image: Image) {
        guard let released = images.removeValue(forKey: ImageKey(image)) else { return }
        releasedNotes += released.notes
    }

    /// Sentences about what is missing, and why; each once.
    package var notes: [String] {
        var notes = Set(images.values.flatMap(\.notes) + releasedNotes).sorted()
        if ranOut { notes.insert("time for symbolication ran out: some frames have addresses only", at: 0) }
        return notes
    }

    /// What is known already is told after the deadline too.
    private func symbols(of image: Image, _ contents: ImageContents?) -> ImageSymbols? {
        let key = ImageKey(image)
        if let known = images[key] { return known }
        if let deadline = locator.deadline, MonotonicTime.now > deadline {
            ranOut = true
            return nil
        }
        let symbols = ImageSymbols(image, contents: contents, locator: locator)
        images[key] = symbols
        return symbols
    }
}
