// The part of MicroPython's `time` module that depends on the system (included by extmod/modtime.c).
#include "py/mphal.h"
#include "py/obj.h"

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_float((mp_float_t)(mp_hal_time_ns() / 1000) / 1e6);
}
