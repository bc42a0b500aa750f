// sentry-run-profiler: from samples of stacks to a profile.

import LinuxSystem
import Profiling

exitNow(0)
