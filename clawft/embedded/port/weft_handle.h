// What every waitable thing is to the one wait point (weft_wait.c): a small number for Python, a kind with callbacks.
//
// The wait point, once a call of wait():
//   1. asks each open handle whether it is ready (`is_ready` with no events): if one is, it does not sleep;
//   2. gathers `watch` and `deadline_ms` of each and sleeps in curl_multi_poll (weft_network_poll) until a watched
//      descriptor has an event, a transfer moves, a deadline passes or another thread calls weft_wake();
//   3. lets transfers move (weft_network_progress), then asks `is_ready` again with the events that were seen.
// Level-triggered: a handle is reported at every wait until what makes it ready is taken.

#ifndef WEFT_HANDLE_H
#define WEFT_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "py/obj.h"

#ifdef _WIN32
typedef uintptr_t weft_fd_t; // a SOCKET: pipes and consoles have reader threads that call weft_wake()
#else
typedef int weft_fd_t;
#endif

#define WEFT_READ 1
#define WEFT_WRITE 2
#define WEFT_NEVER INT64_MAX

typedef struct weft_handle weft_handle_t;

// A callback that is NULL does nothing. `read` and `write` raise: OSError(EINVAL) is raised where they are NULL.
typedef struct weft_kind {
    const char *name;
    // Which events to wait for (WEFT_READ, WEFT_WRITE, 0 for none) on *fd.
    int (*watch)(weft_handle_t *handle, weft_fd_t *fd);
    // The weft_monotonic_ms() at which is_ready should be asked again though nothing happened.
    int64_t (*deadline_ms)(weft_handle_t *handle);
    // May do work that is due (time-outs), must not raise. `events`: those seen on the watched descriptor.
    bool (*is_ready)(weft_handle_t *handle, int events);
    // Gives back everything, the structure too. Must not raise.
    void (*close)(weft_handle_t *handle);
    // None (nothing yet), b"" (the end) or up to `limit` bytes.
    mp_obj_t (*read)(weft_handle_t *handle, size_t limit);
    // How many bytes were taken; 0: it would block.
    size_t (*write)(weft_handle_t *handle, const void *data, size_t size);
} weft_kind_t;

// The head of every handle's structure, which is allocated with malloc (the collector never sees it: a handle
// must not hold objects) and owned by the table from weft_handle_add until close(handle).
struct weft_handle {
    const weft_kind_t *kind;
    int number;
    bool wants_write; // want_write(handle, True) was called
};

// The number Python knows it by. Raises MemoryError (after closing the handle).
int weft_handle_add(weft_handle_t *handle);
// The open handle of that number. Raises OSError(EBADF) if there is none or its kind is not `kind` (NULL: any).
weft_handle_t *weft_handle_get(mp_obj_t number, const weft_kind_t *kind);
// Milliseconds since some moment.
int64_t weft_monotonic_ms(void);
// End the wait that is going on or comes next. From any thread.
void weft_wake(void);

#endif
