// Why an exchange failed: the error codes of wasi:http and the words of a broken stream in the words of TransportError.
#if WEFT_COMPONENT
#include <stdlib.h>
#include <string.h>

#include "weft_exchange.h"

// Where an error code has a text of the host's: nowhere, first, or behind another option.
typedef enum { NO_TEXT, TEXT, TEXT_BEHIND } place;

typedef struct {
    uint8_t phase;
    bool may_be_sent; // the server may have read the request
    uint8_t place;
    const char *detail;
} cause;

#define DNS "the name has no address; check the name's spelling and the network"
#define REFUSED "the host refuses such a request"
#define BROKEN "the answer is broken or not HTTP: "

enum { CERTIFICATE_ERROR = 13, INTERNAL_ERROR = 38 };

// In the order of the variant.
static const cause causes[] = {
    {WEFT_RESOLVE, false, NO_TEXT, "the name was not resolved in time"},
    {WEFT_RESOLVE, false, TEXT, DNS},
    {WEFT_RESOLVE, false, NO_TEXT, DNS},
    {WEFT_CONNECT, false, NO_TEXT, "could not connect (the server is not available)"},
    {WEFT_CONNECT, false, NO_TEXT, "could not connect (the host forbids this address)"},
    {WEFT_CONNECT, false, NO_TEXT, "could not connect (no route to it)"},
    {WEFT_CONNECT, false, NO_TEXT, "could not connect (connection refused)"},
    {WEFT_FIRST_BYTE, true, NO_TEXT, "closed the connection without an answer"},
    {WEFT_CONNECT, false, NO_TEXT, NULL}, // NULL: what a limit of ours says
    {WEFT_FIRST_BYTE, true, NO_TEXT, NULL},
    {WEFT_SEND, true, NO_TEXT, NULL},
    {WEFT_CONNECT, false, NO_TEXT, "could not connect (the host allows no more connections)"},
    {WEFT_TLS, false, NO_TEXT, "TLS was not agreed on"},
    {WEFT_TLS, false, NO_TEXT, "its certificate is not trusted by the host that runs this component"},
    {WEFT_TLS, false, TEXT_BEHIND, "TLS was refused"},
    {WEFT_SEND, false, NO_TEXT, REFUSED},
    {WEFT_SEND, false, NO_TEXT, REFUSED ": it wants a length"},
    {WEFT_SEND, false, NO_TEXT, REFUSED ": its body is too large"},
    {WEFT_SEND, false, NO_TEXT, REFUSED ": its method"},
    {WEFT_SEND, false, NO_TEXT, REFUSED ": its URL"},
    {WEFT_SEND, false, NO_TEXT, REFUSED ": its URL is too long"},
    {WEFT_SEND, false, NO_TEXT, REFUSED ": its headers are too large"},
    {WEFT_SEND, false, TEXT_BEHIND, REFUSED ": a header is too large"},
    {WEFT_SEND, false, NO_TEXT, REFUSED ": its trailers are too large"},
    {WEFT_SEND, false, TEXT, REFUSED ": a trailer is too large"},
    {WEFT_FIRST_BYTE, true, NO_TEXT, "closed the connection in the middle of its answer"},
    {WEFT_FIRST_BYTE, true, NO_TEXT, BROKEN "its head is too large"},
    {WEFT_FIRST_BYTE, true, TEXT, BROKEN "a header is too large"},
    {WEFT_BODY, true, NO_TEXT, BROKEN "its body is too large"},
    {WEFT_BODY, true, NO_TEXT, BROKEN "its trailers are too large"},
    {WEFT_BODY, true, TEXT, BROKEN "a trailer is too large"},
    {WEFT_FIRST_BYTE, true, TEXT, BROKEN "its transfer coding"},
    {WEFT_FIRST_BYTE, true, TEXT, BROKEN "its content coding"},
    {WEFT_FIRST_BYTE, true, NO_TEXT, NULL},
    {WEFT_FIRST_BYTE, true, NO_TEXT, "the connection could not be upgraded"},
    {WEFT_FIRST_BYTE, true, NO_TEXT, "the answer is cut off, broken or not HTTP"},
    {WEFT_CONNECT, false, NO_TEXT, "the host found that the request leads back to itself"},
    {WEFT_CONNECT, false, NO_TEXT, "the network of the host that runs this component is not set up rightly"},
    {WEFT_FIRST_BYTE, true, TEXT, "the host that runs this component failed"},
};

enum { QUOTED_BYTES = 200 };

// What the host said, made safe to print, in `text`; "" for nothing. Frees it.
static void quote(char text[QUOTED_BYTES], wasi_list *said) {
    size_t used = 0;
    for (; used < said->size && used < QUOTED_BYTES - 1; used++) {
        text[used] = said->data[used] < 0x20 || said->data[used] >= 0x7f ? '?' : (char)said->data[used];
    }
    text[used] = 0;
    wasi_free(said->data, said->size);
}

static void fail_with(weft_exchange *exchange, const cause *found, const char *quoted) {
    // Most codes may come at any time, and then mean what comes next.
    weft_phase phase = exchange->is_head_whole ? WEFT_BODY : found->phase;
    bool is_sent = found->may_be_sent || exchange->is_head_whole;
    if (found->detail == NULL) {
        weft_exchange_fail_late(exchange, phase, is_sent);
    } else {
        weft_exchange_fail(exchange, phase, is_sent, found->detail, quoted);
    }
}

void weft_exchange_fail_with_code(weft_exchange *exchange, wasi_http_error *error) {
    static const cause unknown = {WEFT_FIRST_BYTE, true, NO_TEXT, "the host failed in a way that has no name here"};
    const cause *found = error->code < MP_ARRAY_SIZE(causes) ? &causes[error->code] : &unknown;
    char text[QUOTED_BYTES] = "";
    wasi_maybe_text *said = found->place == TEXT_BEHIND ? &error->behind.text : &error->text;
    if (found->place != NO_TEXT && said->is_some) {
        quote(text, &said->text);
    }
    // Node has no code for this, and only its words say that nothing was sent.
    if (error->code == INTERNAL_ERROR && strstr(text, "certificate") != NULL) {
        found = &causes[CERTIFICATE_ERROR];
    }
    fail_with(exchange, found, text);
}

void weft_exchange_fail_with_stream(weft_exchange *exchange, const wasi_stream_error *error) {
    static const cause broken = {WEFT_BODY, true, NO_TEXT, "the connection broke off before the end of its answer"};
    char text[QUOTED_BYTES] = "";
    if (error->kind == WASI_STREAM_FAILED) {
        wasi_list said;
        wasi_error_text(error->error, &said);
        quote(text, &said);
        wasi_error_drop(error->error);
    }
    fail_with(exchange, &broken, text);
}
#else
typedef int weft_no_component_errors; // a translation unit may not be empty
#endif
