// All of the room: an umbrella header, so that the module is built anew when a header joins.
#ifndef CLINUX_H
#define CLINUX_H

#include "clinux_files.h"
#include "clinux_host.h"
#include "clinux_inspect.h"
#include "clinux_marks.h"
#include "clinux_perf.h"
#include "clinux_perf_sampling.h"
#include "clinux_probe.h"
#include "clinux_process.h"
#include "clinux_pty.h"
#include "clinux_ring.h"
#include "clinux_rooted.h"
#include "clinux_scan.h"
#include "clinux_search.h"
#include "clinux_signals.h"
#include "clinux_spawn.h"
#include "clinux_system.h"
#include "clinux_trace.h"
#include "clinux_trace_wait.h"
#include "clinux_vectors.h"

#endif
