// deflateInit2 and inflateInit2 are macros, which Swift cannot call.
#ifndef SENTRY_RUN_CZLIB_SHIM_H
#define SENTRY_RUN_CZLIB_SHIM_H

#include <zlib.h>

static inline int sr_deflate_init_gzip(z_streamp _Nonnull stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int sr_inflate_init_gzip(z_streamp _Nonnull stream) {
    return inflateInit2(stream, 15 + 16);
}

#endif
