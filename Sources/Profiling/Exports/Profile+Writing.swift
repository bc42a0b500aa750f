// The one entrance to all exports.

import LinuxSystem

extension Profile {
    /// Writes the profile to an open file, from where its offset is.
    ///
    /// Memory: a few times what the distinct stacks take, whatever the number of samples.
    /// - Throws: the first write(2) that failed; what was written until then is there.
    package func write(as format: ProfileFormat, to file: FileDescriptor) throws(SystemError) {
        let stream = ExportStream { (piece: borrowing [UInt8]) throws(SystemError) in try file.writeAll(copy piece) }
        write(as: format, to: stream)
        try stream.finish()
    }

    /// The bytes of such a file.
    package func encoded(as format: ProfileFormat) -> [UInt8] {
        ExportStream.collecting { write(as: format, to: $0) }
    }

    private func write(as format: ProfileFormat, to stream: ExportStream) {
        switch format {
        case .svg: SVGPicture(self).write(to: stream)
        case .speedscope: SpeedscopeFile(self).write(to: stream)
        case .pprof: PprofFile(self).write(to: stream)
        case .collapsed: CollapsedStacks(self).write(to: stream)
        case .perf: PerfScript(self).write(to: stream)
        }
    }
}
