// deflateInit2 is a macro, which Swift cannot call.
#ifndef SENTRY_RUN_CZLIB_SHIM_H
#define SENTRY_RUN_CZLIB_SHIM_H

#include <zlib.h>

static inline int sr_deflate_init_gzip(z_streamp _Nonnull stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
