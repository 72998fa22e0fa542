// One HTTP exchange over libcurl, shared by the files that make it a request (weft_request.c), move it
// (weft_transfer.c) and show it to Python (weft_http.c, weft_websocket.c).

#ifndef WEFT_TRANSFER_H
#define WEFT_TRANSFER_H

#include <curl/curl.h>

#include "weft_bytes.h"
#include "weft_tls.h"
#include "weft_transport.h"

// Why a transfer ended. `message` is malloc'ed, NULL when there was no memory for one.
typedef struct {
    weft_phase phase;
    char *message;
    bool is_sent;
} weft_failure;

typedef struct weft_transfer weft_transfer;
struct weft_transfer {
    weft_handle handle;
    weft_transfer *next; // of all that are under way
    CURL *easy;          // NULL once it is over
    struct curl_slist *headers;
    struct curl_slist *proxy_headers;
    struct curl_slist *resolve;
    struct curl_slist *connect_to;
    char *origin; // what errors call the server: scheme://host[:port]
    char *addresses; // pinned ones, each followed by a comma; NULL if the name is looked up
    uint8_t *request_body;
    size_t request_size;
    curl_socket_t newest; // the socket opened last: its connection may still be under way
    bool is_https;
    bool is_websocket;

    int connect_ms;
    int first_byte_ms;
    int between_ms;
    int total_ms;
    int64_t started_ms;
    int64_t moved_ms; // when the last byte went or came
    curl_off_t sent_bytes;

    bool has_socket;    // an address is known: the name was resolved
    bool is_connected;  // and the proxy passed, and TLS agreed on
    bool is_all_sent;
    bool is_any_read;
    bool is_head_whole;
    bool is_head_taken;
    bool is_paused;
    bool is_done;       // at the clean end
    bool is_failed;
    int interim_count;
    int status;
    weft_bytes head;    // header lines, each ended by \n, of the answer that counts
    size_t last_line;   // where in `head` the last one starts
    weft_bytes body;
    char tried[256];    // the addresses that were tried, for the error
    char curl_text[CURL_ERROR_SIZE];
    const char *wrong;  // what we found wrong with its head
    weft_verdict verdict; // on the server's certificates
    weft_failure failure;
};

// weft_request.c: fills a new transfer with http()'s arguments. Raises TransportError, ValueError, TypeError.
typedef struct {
    mp_obj_t method;
    mp_obj_t url;
    mp_obj_t headers;
    mp_obj_t body;
    mp_obj_t addresses;
    mp_obj_t timeouts_ms;
    mp_obj_t proxy;
} weft_request;
void weft_request_prepare(weft_transfer *transfer, const weft_request *request);

// weft_transfer.c
// Starts it; what goes wrong then is the transfer's failure.
void weft_transfer_start(weft_transfer *transfer);
// Ends it, if it is not over, and frees all it owns except the handle itself.
void weft_transfer_end(weft_transfer *transfer);
// Ends it with a failure. `detail` is put behind the origin.
void weft_transfer_fail(weft_transfer *transfer, weft_phase phase, const char *detail);
// Raises the TransportError of a failed transfer.
MP_NORETURN void weft_transfer_raise(const weft_transfer *transfer);
// Lets the body come on after its reader took some of it.
void weft_transfer_resume(weft_transfer *transfer);

// The headers of its answer as a tuple of pairs.
mp_obj_t weft_transfer_headers(const weft_transfer *transfer);

extern const mp_obj_type_t mp_type_TransportError;

// weft_network.c: the multi handle behind the one wait point. Raises MemoryError.
CURLM *weft_network_start(void);

#endif
