/* A disk that takes longer to sync: put in front of the C library's own calls by LD_PRELOAD.
   STILLOPEN_SLOW_SYNC_US is how much longer, in microseconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int later(const char *name, int descriptor) {
    const char *asked = getenv("STILLOPEN_SLOW_SYNC_US");
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    usleep(asked ? (useconds_t)atoi(asked) : 0);
    return real(descriptor);
}

int fdatasync(int descriptor) { return later("fdatasync", descriptor); }

int fsync(int descriptor) { return later("fsync", descriptor); }
