// What MicroPython asks of the system: clocks, standard streams and the retry of interrupted system calls.
#ifndef WEFT_MPHALPORT_H
#define WEFT_MPHALPORT_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "py/mpconfig.h"

// A signal may arrive in any system call: what is pending is handled, then the call is made again.
#define MP_HAL_RETRY_SYSCALL(ret, syscall, raise) \
    { \
        for (;;) { \
            ret = syscall; \
            if (ret == -1) { \
                int err = errno; \
                if (err == EINTR) { \
                    mp_handle_pending(true); \
                    continue; \
                } \
                raise; \
            } \
            break; \
        } \
    }

void mp_hal_set_interrupt_char(char c);
mp_uint_t mp_hal_ticks_cpu(void);
#define mp_hal_ticks_cpu() 0

// 0 on success, an errno otherwise.
int weft_random(void *buffer, size_t size_bytes);

#endif
