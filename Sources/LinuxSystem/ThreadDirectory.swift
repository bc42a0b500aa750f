// The threads of a process, looked at often.

import Glibc

/// `/proc/PID/task`, kept open. Closes itself.
package final class ThreadDirectory {
    private let path: String
    private let file: FileDescriptor

    /// - Throws: ENOENT where there is no such process.
    package init(of process: Int32) throws(SystemError) {
        path = processFile(process, "task")
        file = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    }

    deinit { file.close() }

    /// How many threads there are; 0 where the process is gone. A fraction of what listing them takes.
    ///
    /// Source: fs/proc/base.c, proc_task_getattr: each is a link.
    package var count: Int {
        var status = stat()
        guard fstat(file.raw, &status) == 0 else { return 0 }
        return max(0, Int(status.st_nlink) - 2)
    }

    /// Their ids; empty where the process is gone.
    package var threads: [Int32] {
        do throws(SystemError) {
            let directory = try Directory.open(path)
            defer { directory.close() }
            return try directory.names().compactMap { Int32($0) }
        } catch { return [] }
    }

    /// The processes that these threads have started and that still run. Source: proc(5), `/proc/PID/task/TID/children`.
    package var children: [Int32] {
        threads.flatMap { thread -> [Int32] in
            do throws(SystemError) {
                let text = try readSmallFile("\(path)/\(thread)/children", limit: 1 << 20)
                return text.split(separator: UInt8(ascii: " ")).compactMap {
                    Int32(String(decoding: $0, as: UTF8.self))
                }
            } catch { return [] }
        }
    }
}
