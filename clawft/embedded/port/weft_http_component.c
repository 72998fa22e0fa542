// HTTP of a component as Python sees it: start an exchange, take its head, read its body. weft_http.c is its twin.
#if WEFT_COMPONENT
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "py/objexcept.h"
#include "py/objtuple.h"
#include "weft_exchange.h"
#include "weft_network_functions.h"

MP_DEFINE_EXCEPTION(TransportError, Exception)

static const qstr phase_names[] = {
    MP_QSTR_resolve, MP_QSTR_connect, MP_QSTR_tls, MP_QSTR_send, MP_QSTR_first_byte, MP_QSTR_body, MP_QSTR_total,
};

static MP_NORETURN void raise_transport(weft_phase phase, bool is_sent, mp_obj_t message) {
    mp_obj_t arguments[] = {MP_OBJ_NEW_QSTR(phase_names[phase]), message, mp_obj_new_bool(is_sent)};
    nlr_raise(mp_obj_new_exception_args(&mp_type_TransportError, MP_ARRAY_SIZE(arguments), arguments));
}

void weft_raise_transport(weft_phase phase, bool is_sent, const char *format, ...) {
    vstr_t text;
    vstr_init(&text, 64);
    va_list arguments;
    va_start(arguments, format);
    vstr_vprintf(&text, format, arguments);
    va_end(arguments);
    raise_transport(phase, is_sent, mp_obj_new_str_from_vstr(&text));
}

static MP_NORETURN void raise_failure(const weft_exchange *exchange) {
    const char *message = exchange->message != NULL ? exchange->message : "no memory is left";
    raise_transport(exchange->phase, exchange->is_sent, weft_text_lossy(message));
}

// ---- the handle

static bool is_ready(weft_handle *self, short seen) {
    (void)seen;
    weft_exchange *exchange = (weft_exchange *)self;
    return exchange->is_failed || exchange->is_done || (exchange->is_head_whole && !exchange->is_head_taken)
        || weft_bytes_size(&exchange->body) > 0;
}

static mp_obj_t read_body(weft_handle *self, size_t limit_bytes) {
    weft_exchange *exchange = (weft_exchange *)self;
    size_t waiting = weft_bytes_size(&exchange->body);
    if (waiting > 0) {
        size_t taken = waiting < limit_bytes ? waiting : limit_bytes;
        mp_obj_t data = mp_obj_new_bytes(exchange->body.data + exchange->body.start, taken);
        weft_bytes_skip(&exchange->body, taken);
        exchange->moved_ms = weft_monotonic_ms();
        return data;
    }
    if (exchange->is_failed) {
        raise_failure(exchange);
    }
    return exchange->is_done ? mp_const_empty_bytes : mp_const_none;
}

static void close_exchange(weft_handle *self) {
    weft_exchange_end((weft_exchange *)self);
}

static const weft_kind http_kind = {
    .name = "http",
    .is_ready = is_ready,
    .read = read_body,
    .close = close_exchange,
};

// ---- the request

// A header's characters as HTTP's bytes: Latin-1, as on CPython.
static void add_latin1(vstr_t *bytes, const char *name, mp_obj_t text) {
    size_t size;
    const char *data = mp_obj_str_get_data(text, &size);
    for (size_t i = 0; i < size; i++) {
        unsigned char character = (unsigned char)data[i];
        if (character >= 0x80) {
            if ((character != 0xc2 && character != 0xc3) || i + 1 == size) {
                weft_raise_transport(
                    WEFT_SEND, false, "the value of the header %s has a character that HTTP cannot carry", name);
            }
            character = (unsigned char)((character << 6) | (data[++i] & 0x3f));
        }
        vstr_add_byte(bytes, character);
    }
}

// What a name or a value may consist of was judged in core/request_head.py; the host judges once more.
static void append_header(wasi_handle fields, const char *name, const char *value, size_t value_size) {
    uint8_t result[2];
    wasi_fields_append(fields, name, strlen(name), value, value_size, result);
    if (result[0] != 0) {
        weft_raise_transport(
            WEFT_SEND, false, "the header %s is one that the host that runs this component does not take", name);
    }
}

static void append_headers(wasi_handle fields, const mp_obj_t *arguments, size_t body_size) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(arguments[2], &count, &items);
    for (size_t i = 0; i < count; i++) {
        mp_obj_t *pair;
        mp_obj_get_array_fixed_n(items[i], 2, &pair);
        const char *name = mp_obj_str_get_str(pair[0]);
        vstr_t value;
        vstr_init(&value, 64);
        add_latin1(&value, name, pair[1]);
        append_header(fields, name, value.buf, value.len);
        vstr_clear(&value);
    }
    if (body_size > 0 || *mp_obj_str_get_str(arguments[0]) == 'P') {
        // Without it, a host sends the body in pieces, which not every server takes.
        char digits[16];
        char *at = digits + sizeof(digits);
        do {
            *--at = (char)('0' + body_size % 10);
            body_size /= 10;
        } while (body_size > 0);
        append_header(fields, "Content-Length", at, (size_t)(digits + sizeof(digits) - at));
    }
}

static void take_url(weft_exchange *exchange, mp_obj_t url, weft_asked *asked) {
    const char *text = mp_obj_str_get_str(url);
    asked->is_https = strncmp(text, "https://", 8) == 0;
    size_t scheme_size = asked->is_https ? 8 : 7;
    if (!asked->is_https && strncmp(text, "http://", 7) != 0) {
        weft_raise_transport(WEFT_RESOLVE, false, "the URL is not one of http or https");
    }
    asked->authority = text + scheme_size;
    asked->authority_size = strcspn(asked->authority, "/?#");
    asked->target = asked->authority + asked->authority_size;
    if (*asked->target != '/' || asked->authority_size == 0) {
        weft_raise_transport(WEFT_RESOLVE, false, "the URL has no host or no path");
    }
    exchange->origin = strndup(text, scheme_size + asked->authority_size);
    if (exchange->origin == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
}

static void take_limits(weft_exchange *exchange, mp_obj_t limits_ms) {
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(limits_ms, 4, &items);
    int *limits[] = {&exchange->connect_ms, &exchange->first_byte_ms, &exchange->between_ms, &exchange->total_ms};
    for (size_t i = 0; i < MP_ARRAY_SIZE(limits); i++) {
        mp_int_t limit_ms = mp_obj_get_int_truncated(items[i]);
        *limits[i] = limit_ms < 1 ? 1 : limit_ms > 0x3fffffff ? 0x3fffffff : (int)limit_ms;
    }
}

static void take_body(weft_exchange *exchange, mp_obj_t body) {
    mp_buffer_info_t data;
    mp_get_buffer_raise(body, &data, MP_BUFFER_READ);
    if (data.len > 0) {
        exchange->request_body = malloc(data.len);
        if (exchange->request_body == NULL) {
            mp_raise_type(&mp_type_MemoryError);
        }
        memcpy(exchange->request_body, data.buf, data.len);
        exchange->request_size = data.len;
    }
}

// What only a program with sockets of its own could keep. A proxy is the host's business as well: http.py names none.
static void refuse_addresses(const weft_exchange *exchange, mp_obj_t addresses) {
    if (addresses != mp_const_none) {
        weft_raise_transport(
            WEFT_CONNECT, false, "%s: the host that runs this component chooses the address that is connected to",
            exchange->origin);
    }
}

// http(method, url, headers, body, addresses, timeouts_ms, proxy) -> handle
static mp_obj_t weft_http(size_t count, const mp_obj_t *arguments) {
    (void)count;
    weft_exchanges_join();
    weft_exchange *exchange = weft_handle_new(&http_kind, sizeof(weft_exchange));
    weft_asked asked = {.method = mp_obj_str_get_str(arguments[0])};
    asked.fields = wasi_fields_new();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        wasi_fields_drop(asked.fields);
        weft_handle_close(&exchange->handle);
        nlr_jump(nlr.ret_val);
    }
    take_url(exchange, arguments[1], &asked);
    refuse_addresses(exchange, arguments[4]);
    take_limits(exchange, arguments[5]);
    take_body(exchange, arguments[3]);
    append_headers(asked.fields, arguments, exchange->request_size);
    nlr_pop();
    weft_exchange_start(exchange, &asked);
    return weft_handle_object(exchange);
}
WEFT_N(http, 7, 7);

// ---- the answer

static mp_obj_t headers_of(const weft_bytes *head) {
    mp_obj_t pairs = mp_obj_new_list(0, NULL);
    const char *line = (const char *)head->data;
    const char *end = line + head->end;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *colon = memchr(line, ':', (size_t)(stop - line));
        mp_obj_t pair[] = {
            weft_text_latin1(line, (size_t)(colon - line), true),
            weft_text_latin1(colon + 1, (size_t)(stop - colon - 1), false),
        };
        mp_obj_list_append(pairs, mp_obj_new_tuple(2, pair));
        line = stop + 1;
    }
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(pairs, &count, &items);
    return mp_obj_new_tuple(count, items);
}

// http_head(handle) -> None | (status, ((name, value), ...)), names in lower case
static mp_obj_t weft_http_head(mp_obj_t number) {
    weft_exchange *exchange = weft_handle_get(number, &http_kind);
    if (!exchange->is_head_whole) {
        if (exchange->is_failed) {
            raise_failure(exchange);
        }
        return mp_const_none;
    }
    mp_obj_t head[] = {MP_OBJ_NEW_SMALL_INT(exchange->status), headers_of(&exchange->head)};
    exchange->is_head_taken = true;
    return mp_obj_new_tuple(2, head);
}
WEFT_1(http_head);
#else
typedef int weft_no_component_http; // a translation unit may not be empty
#endif
