// The one wait of a component: for exchanges, a time and standard input together, by the host's pollables.
#if WEFT_COMPONENT
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "weft_exchange.h"
#include "weft_served.h"

#define POLLABLES_AN_EXCHANGE 2

// What the host allocates for what it returns; the adapter of WASI 0.1 asks it too.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(
    void *old, size_t old_size, size_t alignment, size_t size) {
    (void)old_size;
    (void)alignment; // malloc's is enough for everything here
    if (size == 0) {
        free(old);
        return NULL; // which the caller may free
    }
    void *data = realloc(old, size);
    if (data == NULL) {
        weft_die("weft: out of memory: the host has no more for this component\n");
    }
    return data;
}

static void move_all(void) {
    weft_exchange *next;
    for (weft_exchange *exchange = weft_exchanges_under_way(); exchange != NULL; exchange = next) {
        next = exchange->next;
        weft_exchange_move(exchange);
    }
    weft_served_move();
    weft_exchanges_check();
}

static size_t subscribe(wasi_handle *pollables) {
    size_t count = 0;
    for (weft_exchange *exchange = weft_exchanges_under_way(); exchange != NULL; exchange = exchange->next) {
        if (exchange->out_stream != 0) {
            pollables[count++] = wasi_output_subscribe(exchange->out_stream);
        }
        if (exchange->future != 0) {
            pollables[count++] = wasi_future_subscribe(exchange->future);
        } else if (exchange->in_stream != 0 && weft_bytes_size(&exchange->body) < WEFT_BODY_LIMIT_BYTES) {
            pollables[count++] = wasi_input_subscribe(exchange->in_stream);
        }
    }
    return count + weft_served_subscribe(pollables + count);
}

static wasi_handle subscribe_input(void) {
    static wasi_handle input;
    if (input == 0) {
        input = wasi_stdin(); // beside the adapter's, which is what reads
    }
    return wasi_input_subscribe(input);
}

static void wait_for(const weft_watched *watched, size_t count, int timeout_ms) {
    int64_t end_ms = weft_exchanges_check();
    if (end_ms != INT64_MAX) {
        int64_t left_ms = end_ms - weft_monotonic_ms();
        left_ms = left_ms < 0 ? 0 : left_ms;
        timeout_ms = left_ms < timeout_ms ? (int)left_ms : timeout_ms;
    }
    size_t most = 2 + WEFT_SERVED_POLLABLES;
    for (weft_exchange *exchange = weft_exchanges_under_way(); exchange != NULL; exchange = exchange->next) {
        most += POLLABLES_AN_EXCHANGE;
    }
    wasi_handle *pollables = malloc(most * sizeof(*pollables));
    if (pollables == NULL) {
        return; // the caller looks at everything again
    }
    size_t used = subscribe(pollables);
    bool is_other = false;
    for (size_t i = 0; i < count; i++) {
        if (watched[i].fd == STDIN_FILENO && (watched[i].events & POLLIN) != 0) {
            pollables[used++] = subscribe_input();
        } else {
            is_other = true; // a file, which is always ready
        }
    }
    pollables[used++] = wasi_subscribe_duration(is_other ? 0 : (uint64_t)timeout_ms * 1000000);
    wasi_list ready;
    wasi_poll(pollables, used, &ready);
    wasi_free(ready.data, ready.size);
    while (used > 0) {
        wasi_pollable_drop(pollables[--used]);
    }
    free(pollables);
}

static void wake(void) {
    // One thread and no signals: nobody could.
}

void weft_exchanges_join(void) {
    static const weft_network network = {move_all, wait_for, wake};
    weft_wait_join(&network);
}
#else
typedef int weft_no_component_poll; // a translation unit may not be empty
#endif
