// Loaded ELF files: where they are in a process, and which file on disk they are.

import LinuxSystem

/// An ELF file as it was mapped into a process.
package struct Image: Sendable {
    /// As `/proc/PID/maps` has it, without ` (deleted)`; `[vdso]` for the kernel's.
    package let path: String
    /// Its file was deleted or replaced since it was mapped.
    package let isDeleted: Bool
    /// From its lowest to its highest mapped address, in the process's address space.
    package let range: Range<UInt64>
    /// Where its executable mappings are; ascending.
    package let code: [Range<UInt64>]
    /// What is added to an address in the file (`p_vaddr`, `st_value`) to get one in the process. Wraps around.
    package let bias: UInt64
    /// `p_vaddr` of the first PT_LOAD.
    package let preferredAddress: UInt64
    /// The GNU build-id; empty where there is none.
    package let buildID: [UInt8]
    /// The `e_machine` of the file.
    package let machine: UInt16
    /// The very file that was mapped, open for reading; `nil` where it is not there any more: a replaced file is never
    /// taken for it. Owned by the ``ImageMap``.
    package let file: FileDescriptor?

    package init(
        path: String, isDeleted: Bool, range: Range<UInt64>, code: [Range<UInt64>], bias: UInt64,
        preferredAddress: UInt64, buildID: [UInt8], machine: UInt16, file: FileDescriptor?
    ) {
        self.path = path
        self.isDeleted = isDeleted
        self.range = range
        self.code = code
        self.bias = bias
        self.preferredAddress = preferredAddress
        self.buildID = buildID
        self.machine = machine
        self.file = file
    }
}
