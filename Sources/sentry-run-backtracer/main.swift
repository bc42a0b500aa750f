// sentry-run-backtracer: from the snapshot of a process to the stacks of its threads. A program of its own, so that a
// broken stack or a huge debug file can harm or delay nothing but itself.

import Backtracing
