// The part of MicroPython's `time` module that depends on the system (included by extmod/modtime.c).
#include "py/mphal.h"
#include "py/obj.h"
#include "py/runtime.h"

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_float((mp_float_t)(mp_hal_time_ns() / 1000) / 1e6);
}

// UTC: the agent shows and keeps times without a zone of its own.
static mp_obj_t mp_time_localtime_get(void) {
    mp_obj_t now = mp_obj_new_int_from_ull(mp_hal_time_ns() / 1000000000u);
    extern const mp_obj_fun_builtin_var_t mp_time_localtime_obj;
    return mp_call_function_1(MP_OBJ_FROM_PTR(&mp_time_localtime_obj), now);
}
