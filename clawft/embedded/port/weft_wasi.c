// What a program in a WebAssembly sandbox is asked for and has not: signals, and disks that sync many files at once.
#if defined(__wasi__)
#include <errno.h>
#include <string.h>

#include "py/objtuple.h"
#include "weft.h"

void weft_start_signals(void) {
}

// A handle that is never ready: whoever ends a sandbox does not ask it.
static const weft_kind signals_kind = {.name = "signals"};
static weft_handle *open_signals;

static mp_obj_t weft_signals(void) {
    if (open_signals == NULL) {
        open_signals = weft_handle_new(&signals_kind, sizeof(weft_handle));
    }
    return weft_handle_object(open_signals);
}
WEFT_0(signals);

static mp_obj_t weft_sync_all(mp_obj_t descriptors) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(descriptors, &count, &items);
    mp_obj_tuple_t *found = MP_OBJ_TO_PTR(mp_obj_new_tuple(count, NULL));
    for (size_t i = 0; i < count; i++) {
        found->items[i] = mp_const_none; // nothing unset when a collection happens below
    }
    for (size_t i = 0; i < count; i++) {
        if (weft_sync_fd((int)mp_obj_get_int(items[i])) != 0) {
            int failure = errno;
            mp_obj_t pair[] = {MP_OBJ_NEW_SMALL_INT(failure), mp_obj_new_str_from_cstr(strerror(failure))};
            found->items[i] = mp_obj_new_tuple(2, pair);
        }
    }
    return MP_OBJ_FROM_PTR(found);
}
WEFT_1(sync_all);
#else
typedef int weft_not_wasi; // a translation unit may not be empty
#endif
