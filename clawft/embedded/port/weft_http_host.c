// HTTP of a WebAssembly module through one function that its host gives it. The component has wasi:http instead.
//
//   (import "clawft" "http" (func (param $exchange i32) (param $pointer i32) (param $size i32) (result i32)))
//
// start   exchange -1: the bytes are the request, "METHOD URL\n", then the limits in milliseconds "connect first-byte
//         between-bytes total\n", "name: value\n" for each header, "\n" and the body. Result: an exchange, 0 or more.
// read    exchange >= 0, size > 0: waits for the next bytes of the answer and puts at most `size` of them there.
//         Result: how many, 0 at the end. The answer is "STATUS\n", "name: value\n" for each header, "\n" and the body,
//         which the host has freed of transfer codings.
// close   exchange >= 0, size 0: nothing more is wanted. Result: 0.
//
// A failure is -n: the host has put n bytes of text there, "PHASE message", cut off at `size`; PHASE is resolve, connect,
// tls, send, first_byte, body or total. The host follows no redirect, and what it connects to is its decision.
#if defined(__wasi__) && !WEFT_COMPONENT
#include <stdlib.h>
#include <string.h>

#include "py/objexcept.h"
#include "py/objtuple.h"
#include "weft.h"
#include "weft_network_functions.h"

__attribute__((import_module("clawft"), import_name("http"))) int32_t clawft_http(
    int32_t exchange, void *pointer, int32_t size);

MP_DEFINE_EXCEPTION(TransportError, Exception)

enum { PIECE_BYTES = 16 * 1024, MOST_HEAD_BYTES = 256 * 1024, STARTING = -1 };

typedef struct {
    weft_handle handle;
    int32_t exchange;
    bool is_ended;
    size_t from; // where in `data` is what nobody has taken
    size_t to;
    size_t room;
    char *data;
} http_handle;

// ---- failures

static MP_NORETURN void raise_transport(
    const char *phase, size_t phase_bytes, const char *text, size_t text_bytes, bool is_sent) {
    mp_obj_t arguments[] = {
        mp_obj_new_str(phase, phase_bytes),
        weft_text_or_bytes(text, text_bytes),
        mp_obj_new_bool(is_sent),
    };
    nlr_raise(mp_obj_new_exception_args(&mp_type_TransportError, MP_ARRAY_SIZE(arguments), arguments));
}

static MP_NORETURN void raise_of_ours(const char *phase, const char *text, bool is_sent) {
    raise_transport(phase, strlen(phase), text, strlen(text), is_sent);
}

// A host's words: whatever it may have put there, the program goes on.
static MP_NORETURN void raise_of_host(const char *said, int32_t result, size_t room, bool is_sent) {
    size_t size = (size_t)-(int64_t)result;
    size = size < room ? size : room;
    static const char *const phases[] = {"resolve", "connect", "tls", "send", "first_byte", "body", "total"};
    for (size_t i = 0; i < MP_ARRAY_SIZE(phases); i++) {
        size_t length = strlen(phases[i]);
        if (size > length + 1 && memcmp(said, phases[i], length) == 0 && said[length] == ' ') {
            // Before anything of an answer came, only the first three are known to have sent nothing.
            raise_transport(phases[i], length, said + length + 1, size - length - 1, is_sent || i >= 3);
        }
    }
    raise_of_ours("body", "the host reported a failure in words that are not those of its interface", true);
}

// ---- an exchange

static bool http_is_ready(weft_handle *self, short seen) {
    (void)self, (void)seen;
    return true; // the host does the waiting
}

static void http_close(weft_handle *self) {
    http_handle *http = (http_handle *)self;
    if (http->exchange >= 0) {
        clawft_http(http->exchange, http->data, 0);
    }
    free(http->data);
}

static void receive(http_handle *self) {
    if (self->from == self->to) {
        self->from = self->to = 0;
    }
    if (self->room - self->to < PIECE_BYTES) {
        char *grown = realloc(self->data, self->room + PIECE_BYTES);
        if (grown == NULL) {
            mp_raise_type(&mp_type_MemoryError);
        }
        self->data = grown;
        self->room += PIECE_BYTES;
    }
    size_t room = self->room - self->to;
    int32_t result = clawft_http(self->exchange, self->data + self->to, (int32_t)room);
    if (result < 0) {
        raise_of_host(self->data + self->to, result, room, self->to > 0);
    }
    if ((size_t)result > room) {
        raise_of_ours("body", "the host says that it gave more than there was room for", true);
    }
    self->to += (size_t)result;
    self->is_ended = result == 0;
}

static mp_obj_t http_read(weft_handle *self, size_t limit_bytes) {
    http_handle *http = (http_handle *)self;
    if (http->from == http->to && !http->is_ended) {
        receive(http);
    }
    size_t size = http->to - http->from;
    size = size < limit_bytes ? size : limit_bytes;
    mp_obj_t data = mp_obj_new_bytes((const byte *)http->data + http->from, size);
    http->from += size;
    return data;
}

static const weft_kind http_kind = {
    .name = "http",
    .is_ready = http_is_ready,
    .read = http_read,
    .close = http_close,
};

// ---- the request

static void add_text(vstr_t *request, mp_obj_t text) {
    size_t size;
    const char *data = mp_obj_str_get_data(text, &size);
    // A line break would begin what nobody wrote. Names and values were judged before; this is the last place to look.
    if (memchr(data, '\n', size) != NULL || memchr(data, '\r', size) != NULL || memchr(data, 0, size) != NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("a line break in a request"));
    }
    vstr_add_strn(request, data, size);
}

static void add_request(vstr_t *request, const mp_obj_t *arguments) {
    add_text(request, arguments[0]);
    vstr_add_byte(request, ' ');
    add_text(request, arguments[1]);
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(arguments[5], &count, &items);
    for (size_t i = 0; i < count; i++) {
        vstr_printf(request, "%c%u", i == 0 ? '\n' : ' ', (unsigned)mp_obj_get_int(items[i]));
    }
    vstr_add_byte(request, '\n');
    mp_obj_get_array(arguments[2], &count, &items);
    for (size_t i = 0; i < count; i++) {
        mp_obj_t *pair;
        mp_obj_get_array_fixed_n(items[i], 2, &pair);
        add_text(request, pair[0]);
        vstr_add_str(request, ": ");
        add_text(request, pair[1]);
        vstr_add_byte(request, '\n');
    }
    vstr_add_byte(request, '\n');
    if (arguments[3] != mp_const_none) {
        mp_buffer_info_t body;
        mp_get_buffer_raise(arguments[3], &body, MP_BUFFER_READ);
        vstr_add_strn(request, body.buf, body.len);
    }
}

// http(method, url, headers, body, addresses, timeouts_ms, proxy) -> handle
static mp_obj_t weft_http(size_t count, const mp_obj_t *arguments) {
    (void)count;
    if (arguments[4] != mp_const_none) {
        raise_of_ours("connect", "a sandbox cannot choose the address that its host connects to", false);
    }
    vstr_t request;
    vstr_init(&request, 1024);
    add_request(&request, arguments);
    http_handle *self = weft_handle_new(&http_kind, sizeof(http_handle));
    self->exchange = STARTING;
    int32_t result = clawft_http(STARTING, request.buf, (int32_t)request.len);
    if (result < 0) {
        weft_handle_close(&self->handle);
        raise_of_host(request.buf, result, request.len, false);
    }
    self->exchange = result;
    return weft_handle_object(self);
}
WEFT_N(http, 7, 7);

// ---- the head of the answer

static mp_obj_t header_of(const char *line, const char *end) {
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (colon == NULL) {
        raise_of_ours("body", "the host gave a header without a colon", true);
    }
    const char *value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    mp_obj_t pair[] = {
        weft_text_latin1(line, (size_t)(colon - line), true),
        weft_text_latin1(value, (size_t)(end - value), false),
    };
    return mp_obj_new_tuple(2, pair);
}

// What stands before the empty line: (status, ((name, value), ...)).
static mp_obj_t head_of(const char *line, const char *end) {
    char *after;
    long status = strtol(line, &after, 10);
    if (after == line || *after != '\n' || status < 100 || status > 999) {
        raise_of_ours("body", "the host gave an answer that does not begin with its status", true);
    }
    mp_obj_t pairs = mp_obj_new_list(0, NULL);
    for (line = after + 1; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop;
        mp_obj_list_append(pairs, header_of(line, stop));
        line = stop + 1;
    }
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(pairs, &count, &items);
    mp_obj_t head[] = {MP_OBJ_NEW_SMALL_INT(status), mp_obj_new_tuple(count, items)};
    return mp_obj_new_tuple(2, head);
}

// http_head(handle) -> (status, ((name, value), ...))
static mp_obj_t weft_http_head(mp_obj_t number) {
    http_handle *self = weft_handle_get(number, &http_kind);
    for (size_t looked = 0;;) {
        for (size_t at = looked; at + 1 < self->to; at++) {
            if (self->data[at] == '\n' && self->data[at + 1] == '\n') {
                self->from = at + 2;
                return head_of(self->data, self->data + at);
            }
        }
        looked = self->to > 0 ? self->to - 1 : 0;
        if (self->is_ended) {
            raise_of_ours("first_byte", "the host ended an answer before its head was whole", true);
        }
        if (self->to > MOST_HEAD_BYTES) {
            raise_of_ours("body", "the head of an answer is longer than 256 KB", true);
        }
        receive(self);
    }
}
WEFT_1(http_head);
#else
typedef int weft_no_http_host; // a translation unit may not be empty
#endif
