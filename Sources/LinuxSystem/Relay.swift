// Copying streams without a Swift thread: for what outlives this program, and for when no thread can be had.

import CLinux

/// One or two streams to copy from a pipe's end to wherever it goes.
package struct Relay {
    private var streams: [clinux_relay_stream] = []

    package init() {}

    package var isEmpty: Bool { streams.isEmpty }

    package mutating func add(from source: FileDescriptor, to destination: FileDescriptor) {
        streams.append(clinux_relay_stream(source: source.raw, destination: destination.raw))
    }

    /// Copies until every source or its destination has ended. Blocks this thread.
    package func run() { clinux_relay(streams, Int32(streams.count)) }

    /// Leaves the copying to a process of its own, which outlives this one and shares nothing else with it.
    ///
    /// Source: fork(2); the child runs C only.
    package func detach() throws(SystemError) { try checked(clinux_start_relay(streams, Int32(streams.count)), "fork") }
}
