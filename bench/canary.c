// Makes the executable that it is linked into slower by a share of the time that it ran: at exit it spins for 5 % of the
// processor time that the process took until then. For `nox -s bench_selftest` alone: the gate must see it.
//
// It stands in for the C library's exit. A destructor would be the usual way; the linker of the executables counts
// .fini_array as part of the threads' storage, whose first bytes are then not what the program expects.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PERCENT = 5, STEPS = 200 };

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

void exit(int code) {
    long long ran = now_ns();
    volatile unsigned step = 0;
    while (now_ns() - ran < ran * PERCENT / 100) {
        for (unsigned end = step + STEPS; step != end;) {
            step = step + 1;
        }
    }
    fflush(NULL);
    _exit(code);
}
