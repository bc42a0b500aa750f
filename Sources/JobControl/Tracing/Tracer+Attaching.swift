// Following a process that runs already.

import LinuxSystem

extension Tracer {
    /// Seizes a process and all that it has started, as far as that is still running. Nothing of it stops.
    ///
    /// - Throws: EPERM where the process is not ours to trace, or traced already; ESRCH. Children that cannot be traced are
    ///   passed over.
    func attach(to root: Int32) throws(SystemError) {
        main = root
        try Tracee(root).seize(options)
        let first = TracedProcess(id: root, parent: 0)
        adopt(root, in: first)
        // Seize first, look for children then: what is started in between is ours already, or found.
        var waiting = [first]
        while let process = waiting.popLast() {
            while seizeThreads(of: process) {}
            if process.threads.isEmpty { continue }
            for child in childrenListed(of: process.id) where processes[child] == nil {
                if child != ProcessIdentity.process { waiting.append(TracedProcess(id: child, parent: process.id)) }
            }
        }
    }

    /// Returns whether there were new ones: then there may be more by now.
    private func seizeThreads(of process: TracedProcess) -> Bool {
        var foundMore = false
        for thread in threadsListed(of: process.id) where threads[thread] == nil {
            do throws(SystemError) {
                try Tracee(thread).seize(options)
                adopt(thread, in: process)
                foundMore = true
            } catch {
                // Gone, or ours already by its creator, who will tell.
            }
        }
        return foundMore
    }

    private func adopt(_ thread: Int32, in process: TracedProcess) {
        processes[process.id] = process
        process.threads.insert(thread)
        threads[thread] = TracedThread(process: process.id, options: options, isNew: false)
    }

    /// Whether a thread was asked to stop and has not yet.
    var awaitsStops: Bool { threads.values.contains { $0.sampling?.askedAt != nil } }
}

private func childrenListed(of process: Int32) -> [Int32] {
    do throws(SystemError) { return try ThreadDirectory(of: process).children } catch { return [] }
}
