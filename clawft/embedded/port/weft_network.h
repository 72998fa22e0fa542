// What the wait point needs of the network: weft_http.c answers with libcurl's multi handle.

#ifndef WEFT_NETWORK_H
#define WEFT_NETWORK_H

#include "weft_handle.h"

typedef struct weft_watch {
    weft_fd_t fd;
    int events; // WEFT_READ | WEFT_WRITE to wait for; after the wait those that are there (errors count as both)
} weft_watch_t;

// Sleep until one of the descriptors has an event, a transfer can move, weft_network_wake() was called or the time is
// up (-1: never). Returns early on a signal. Works before any transfer was started.
void weft_network_poll(weft_watch_t *watches, size_t count, int timeout_ms);
// Let transfers move. Must not raise.
void weft_network_progress(void);
// End weft_network_poll from any thread.
void weft_network_wake(void);
// Make what poll and wake need, once, before other threads start. False: no memory.
bool weft_network_open(void);
// Drop all connections, at the end of the process.
void weft_network_close(void);

#endif
