// What the kernel tells about the job's processes.

import SentryProtocol

/// One step in a process's life. Threads are no processes: whoever reads the kernel's records leaves them out.
package enum ProcessEvent: Sendable, Equatable {
    case fork(parent: Int32, child: Int32, time: Timestamp)
    /// `arguments` are shown as they are: remove secrets first.
    case exec(pid: Int32, name: String, path: String? = nil, arguments: [String]? = nil, time: Timestamp)
    /// `status` is the raw wait status where it is known.
    case exit(pid: Int32, time: Timestamp, status: Int32? = nil)

    package var time: Timestamp {
        switch self {
        case .fork(_, _, let time), .exec(_, _, _, _, let time), .exit(_, let time, _): time
        }
    }

    /// Of records with the same time: nobody executes before it was forked, or after it exited.
    fileprivate var rank: Int {
        switch self {
        case .fork: 0
        case .exec: 1
        case .exit: 2
        }
    }

    static func happensBefore(_ left: Self, _ right: Self) -> Bool {
        (left.time, left.rank) < (right.time, right.rank)
    }
}
