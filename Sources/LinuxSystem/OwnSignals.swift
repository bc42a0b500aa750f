// What this process does to itself and to its process group: stopping as its job stopped.

import CLinux
import Glibc

/// Stops this process as `signal` does by default, and returns when it was continued.
///
/// SIGTSTP, SIGTTIN and SIGTTOU do nothing in an orphaned process group (nobody could continue it): then this returns at
/// once. Every thread must have the signal blocked. The SIGCONT that ended the stop is taken.
package func stopOneself(by signal: Signal) {
    _ = clinux_act_by_default(signal.number)
    _ = clinux_take_signal(SIGCONT)
}

/// Sends a signal to every process of the caller's own group, the caller included. Source: kill(2) with pid 0.
package func sendToOwnGroup(_ signal: Signal) { _ = kill(0, signal.number) }
