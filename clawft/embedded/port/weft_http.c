// HTTP as Python sees it: start an exchange, take its head, read its body.

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "py/objexcept.h"
#include "weft_transfers.h"

MP_DEFINE_EXCEPTION(TransportError, Exception)

static const qstr phase_names[] = {
    MP_QSTR_resolve, MP_QSTR_connect, MP_QSTR_tls, MP_QSTR_send, MP_QSTR_first_byte, MP_QSTR_body, MP_QSTR_total,
};

static MP_NORETURN void raise_transport(weft_phase phase, bool is_sent, const char *text) {
    // The text may quote the server: whatever is not UTF-8 in it must not be the error instead.
    vstr_t clean;
    vstr_init(&clean, strlen(text) + 1);
    for (; *text != 0; text++) {
        vstr_add_byte(&clean, *text < 0x20 || *text >= 0x7f ? '?' : (byte)*text);
    }
    mp_obj_t arguments[] = {
        MP_OBJ_NEW_QSTR(phase_names[phase]),
        mp_obj_new_str_from_vstr(&clean),
        mp_obj_new_bool(is_sent),
    };
    nlr_raise(mp_obj_new_exception_args(&mp_type_TransportError, MP_ARRAY_SIZE(arguments), arguments));
}

void weft_raise_transport(weft_phase phase, bool is_sent, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    curl_mvsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    raise_transport(phase, is_sent, text);
}

void weft_transfer_raise(const weft_transfer *transfer) {
    const weft_failure *failure = &transfer->failure;
    raise_transport(
        failure->phase, failure->is_sent, failure->message != NULL ? failure->message : "no memory is left");
}

static bool is_ready(weft_handle *self, short seen) {
    (void)seen;
    weft_transfer *transfer = (weft_transfer *)self;
    return transfer->is_failed || transfer->is_done || (transfer->is_head_whole && !transfer->is_head_taken)
        || weft_bytes_size(&transfer->body) > 0;
}

static mp_obj_t read_body(weft_handle *self, size_t limit_bytes) {
    weft_transfer *transfer = (weft_transfer *)self;
    size_t waiting = weft_bytes_size(&transfer->body);
    if (waiting > 0 && limit_bytes > 0) {
        size_t taken = waiting < limit_bytes ? waiting : limit_bytes;
        mp_obj_t data = mp_obj_new_bytes(transfer->body.data + transfer->body.start, taken);
        weft_bytes_skip(&transfer->body, taken);
        if (!transfer->is_done && !transfer->is_failed) {
            weft_transfer_resume(transfer);
        }
        return data;
    }
    if (transfer->is_failed) {
        weft_transfer_raise(transfer);
    }
    return transfer->is_done ? mp_const_empty_bytes : mp_const_none;
}

static void close_transfer(weft_handle *self) {
    weft_transfer_end((weft_transfer *)self);
}

static const weft_kind http_kind = {
    .name = "http",
    .is_ready = is_ready,
    .read = read_body,
    .close = close_transfer,
};

// http(method, url, headers, body, addresses, timeouts_ms, proxy) -> handle
static mp_obj_t weft_http(size_t count, const mp_obj_t *arguments) {
    (void)count;
    weft_network_start();
    weft_transfer *transfer = weft_handle_new(&http_kind, sizeof(weft_transfer));
    weft_request request = {
        arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5], arguments[6],
    };
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        weft_handle_close(&transfer->handle);
        nlr_jump(nlr.ret_val);
    }
    weft_request_prepare(transfer, &request);
    weft_transfer_start(transfer);
    nlr_pop();
    return weft_handle_object(transfer);
}
WEFT_N(http, 7, 7);

mp_obj_t weft_transfer_headers(const weft_transfer *transfer) {
    const weft_bytes *head = &transfer->head;
    mp_obj_t pairs = mp_obj_new_list(0, NULL);
    const char *line = (const char *)head->data;
    const char *end = line + head->end;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *colon = memchr(line, ':', (size_t)(stop - line));
        const char *value = colon + 1;
        while (value < stop && (*value == ' ' || *value == '\t')) {
            value++;
        }
        mp_obj_t pair[] = {
            weft_text_latin1(line, (size_t)(colon - line), true),
            weft_text_latin1(value, (size_t)(stop - value), false),
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
    weft_transfer *transfer = weft_handle_get(number, &http_kind);
    if (!transfer->is_head_whole) {
        if (transfer->is_failed) {
            weft_transfer_raise(transfer);
        }
        return mp_const_none;
    }
    mp_obj_t head[] = {MP_OBJ_NEW_SMALL_INT(transfer->status), weft_transfer_headers(transfer)};
    transfer->is_head_taken = true;
    return mp_obj_new_tuple(2, head);
}
WEFT_1(http_head);
