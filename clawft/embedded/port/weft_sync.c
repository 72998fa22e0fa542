// Several files made durable at the same time: a disk can sync many in little more time than one, since its journal
// takes them together. Knows nothing of what is in them.
#include <errno.h>
#include <string.h>

#include "py/objtuple.h"
#include "weft.h"

#if defined(_WIN32)

extern const mp_obj_fun_builtin_fixed_t weft_fd_sync_obj;

// One after the other: NTFS has no journal commit that all would wait for.
static void sync_each(const int *fds, int *failures, size_t count) {
    for (size_t i = 0; i < count; i++) {
        nlr_buf_t nlr;
        if (nlr_push(&nlr) == 0) {
            mp_call_function_1(MP_OBJ_FROM_PTR(&weft_fd_sync_obj), MP_OBJ_NEW_SMALL_INT(fds[i]));
            nlr_pop();
        } else {
            mp_obj_t number = mp_obj_exception_get_value(MP_OBJ_FROM_PTR(nlr.ret_val));
            failures[i] = mp_obj_is_small_int(number) ? (int)MP_OBJ_SMALL_INT_VALUE(number) : EIO;
        }
    }
}

#else
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

// More do not help, and each costs a stack.
enum { THREADS = 8, STACK_BYTES = 64 * 1024 };

typedef struct {
    const int *fds;
    int *failures;
    size_t count;
    size_t first;
    size_t step;
} part;

static void *sync_part(void *argument) {
    const part *mine = argument;
    for (size_t i = mine->first; i < mine->count; i += mine->step) {
        int result;
        do {
            result = weft_sync_fd(mine->fds[i]);
        } while (result != 0 && errno == EINTR);
        mine->failures[i] = result == 0 ? 0 : errno;
    }
    return NULL;
}

static void sync_each(const int *fds, int *failures, size_t count) {
    size_t step = count < THREADS ? count : THREADS;
    part parts[THREADS];
    pthread_t threads[THREADS];
    bool is_started[THREADS] = {false};
    pthread_attr_t attributes;
    bool may_start = pthread_attr_init(&attributes) == 0;
    // Signals are the program's: none of these threads may take one.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < step; i++) {
        parts[i] = (part){fds, failures, count, i, step};
        if (may_start && i > 0) {
            pthread_attr_setstacksize(&attributes, STACK_BYTES);
            is_started[i] = pthread_create(&threads[i], &attributes, sync_part, &parts[i]) == 0;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (size_t i = 0; i < step; i++) {
        if (!is_started[i]) {
            sync_part(&parts[i]);
        }
    }
    for (size_t i = 0; i < step; i++) {
        if (is_started[i]) {
            pthread_join(threads[i], NULL);
        }
    }
    if (may_start) {
        pthread_attr_destroy(&attributes);
    }
}

#endif

// sync_all(fds) -> tuple of None where a file is durable, (errno, text) where not. Blocks until all are done.
static mp_obj_t weft_sync_all(mp_obj_t descriptors) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(descriptors, &count, &items);
    int *fds = m_new(int, count + 1);
    int *failures = m_new0(int, count + 1);
    for (size_t i = 0; i < count; i++) {
        fds[i] = (int)mp_obj_get_int(items[i]);
    }
    if (count > 0) {
        sync_each(fds, failures, count);
    }
    mp_obj_tuple_t *found = MP_OBJ_TO_PTR(mp_obj_new_tuple(count, NULL));
    for (size_t i = 0; i < count; i++) {
        found->items[i] = mp_const_none; // nothing unset when a collection happens below
    }
    for (size_t i = 0; i < count; i++) {
        if (failures[i] != 0) {
            mp_obj_t pair[] = {
                MP_OBJ_NEW_SMALL_INT(failures[i]),
                mp_obj_new_str_from_cstr(strerror(failures[i])),
            };
            found->items[i] = mp_obj_new_tuple(2, pair);
        }
    }
    return MP_OBJ_FROM_PTR(found);
}
WEFT_1(sync_all);
