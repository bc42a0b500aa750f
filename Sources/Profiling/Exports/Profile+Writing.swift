// The one entrance to all exports.

import LinuxSystem

extension Profile {
    /// Writes the profile to an open file, from where its offset is.
    ///
    /// Memory: a few times what the distinct stacks take, whatever the size of the file.
    /// - Throws: the first write(2) that failed; what was written until then is there.
    package func write(as format: ProfileFormat, to file: FileDescriptor) throws(SystemError) {
        try ExportStream.writing(to: file) { write(as: format, to: $0) }
    }

    /// The bytes of such a file.
    package func encoded(as format: ProfileFormat) -> [UInt8] {
        ExportStream.collecting { write(as: format, to: $0) }
    }

    private func write(as format: ProfileFormat, to stream: ExportStream) {
        switch format {
        case .html: HTMLPage(self).write(to: stream)
        case .svg: SVGPicture(self).write(to: stream)
        case .speedscope: SpeedscopeFile(self).write(to: stream)
        case .pprof: PprofFile(self).write(to: stream)
        case .collapsed: CollapsedStacks(self).write(to: stream)
        case .firefox: FirefoxFile(self).write(to: stream)
        case .perf: PerfScript(self).write(to: stream)
        }
    }
}

/// Two profiles, the earlier and the later, side by side.
package struct ProfileComparison: Sendable {
    package let before: Profile
    package let after: Profile

    package init(before: Profile, after: Profile) {
        self.before = before
        self.after = after
    }

    /// The formats that can show a comparison: a page, and collapsed stacks with two counts (as difffolded.pl writes them).
    package static let formats: [ProfileFormat] = [.html, .collapsed]

    /// Writes the comparison; formats that are none of ``formats`` give a page.
    package func write(as format: ProfileFormat, to file: FileDescriptor) throws(SystemError) {
        try ExportStream.writing(to: file) { write(as: format, to: $0) }
    }

    /// The bytes of such a file.
    package func encoded(as format: ProfileFormat) -> [UInt8] {
        ExportStream.collecting { write(as: format, to: $0) }
    }

    private func write(as format: ProfileFormat, to stream: ExportStream) {
        if format == .collapsed {
            CollapsedStacks.write(comparing: before, with: after, to: stream)
        } else {
            HTMLPage(comparing: before, with: after).write(to: stream)
        }
    }
}
