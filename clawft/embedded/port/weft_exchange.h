// One HTTP exchange over wasi:http, shared by the files that move it (weft_exchange_component.c), say why it failed
// (weft_error_component.c), wait for it (weft_poll_component.c) and show it to Python (weft_http_component.c).

#ifndef WEFT_EXCHANGE_H
#define WEFT_EXCHANGE_H

#include "weft_bytes.h"
#include "weft_transport.h"
#include "weft_wasi_http.h"

// More of a body is not asked for before its reader took some.
#define WEFT_BODY_LIMIT_BYTES 65536

typedef struct weft_exchange weft_exchange;
struct weft_exchange {
    weft_handle handle;
    weft_exchange *next; // of all that are under way
    char *origin;        // what errors call the server: scheme://host[:port]
    uint8_t *request_body;
    size_t request_size;
    size_t sent_size; // what the host has taken of it

    // Resources of the host, 0 for none. Each came out of the one above it in its group.
    wasi_handle out_body;
    wasi_handle out_stream;
    wasi_handle future;
    wasi_handle response;
    wasi_handle in_body;
    wasi_handle in_stream;

    int connect_ms;
    int first_byte_ms;
    int between_ms;
    int total_ms;
    int64_t started_ms;
    int64_t moved_ms; // when the last byte went or came

    bool is_all_sent; // the host has all of it, which may still be under way
    bool is_head_whole;
    bool is_head_taken;
    bool is_done; // at the clean end
    bool is_failed;
    int status;
    weft_bytes head; // header lines, each ended by \n
    weft_bytes body;
    weft_phase phase; // of the failure
    bool is_sent;
    char *message; // malloc'ed, NULL when there was no memory for one
};

// What a new exchange asks for. The texts are the caller's; the fields are taken over, also when it fails.
typedef struct {
    const char *method;
    bool is_https;
    const char *authority;
    size_t authority_size;
    const char *target;
    wasi_handle fields;
} weft_asked;

// weft_exchange_component.c
// Starts it; what goes wrong then is the exchange's failure.
void weft_exchange_start(weft_exchange *exchange, const weft_asked *asked);
// Takes it as far as it goes without waiting.
void weft_exchange_move(weft_exchange *exchange);
// Gives everything back but the handle's memory.
void weft_exchange_end(weft_exchange *exchange);
// Ends it with a failure: "ORIGIN: DETAIL (QUOTED)", the latter unless it is "".
void weft_exchange_fail(
    weft_exchange *exchange, weft_phase phase, bool is_sent, const char *detail, const char *quoted);
// The same for what took longer than that phase's limit.
void weft_exchange_fail_late(weft_exchange *exchange, weft_phase phase, bool is_sent);
weft_exchange *weft_exchanges_under_way(void);
// Ends what has run out of time; when the next one would (INT64_MAX: never).
int64_t weft_exchanges_check(void);

// weft_error_component.c: both give back what the host said.
void weft_exchange_fail_with_code(weft_exchange *exchange, wasi_http_error *error);
void weft_exchange_fail_with_stream(weft_exchange *exchange, const wasi_stream_error *error);

// weft_poll_component.c: joins the one wait point.
void weft_exchanges_join(void);

#endif
