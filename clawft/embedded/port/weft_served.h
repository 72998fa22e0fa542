// The one request that a component's host has handed over, as the wait point sees it.

#ifndef WEFT_SERVED_H
#define WEFT_SERVED_H

#include "weft_wasi_http.h"

// Takes it as far as it goes without waiting.
void weft_served_move(void);
// What to wait for, at most two; how many.
enum { WEFT_SERVED_POLLABLES = 2 };
size_t weft_served_subscribe(wasi_handle *pollables);

#endif
