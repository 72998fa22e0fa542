// Moves one HTTP exchange of a component: hands the request to the host, takes the answer, keeps the limits on time.
//
// The limits are the host's too, where it has them; ours hold everywhere, because not every host has all.
#if WEFT_COMPONENT
#include <stdlib.h>
#include <string.h>

#include "weft_exchange.h"

#define HEAD_LIMIT_BYTES 65536
#define PIECE_BYTES 32768
#define NANOSECONDS 1000000ull

static weft_exchange *under_way;

weft_exchange *weft_exchanges_under_way(void) {
    return under_way;
}

// ---- the end

static void drop(wasi_handle *handle, void (*drop_one)(wasi_handle)) {
    if (*handle != 0) {
        drop_one(*handle);
        *handle = 0;
    }
}

static void drop_request(weft_exchange *exchange) {
    drop(&exchange->out_stream, wasi_output_drop);
    drop(&exchange->out_body, wasi_body_drop);
    free(exchange->request_body);
    exchange->request_body = NULL;
}

static void forget(weft_exchange *exchange) {
    for (weft_exchange **link = &under_way; *link != NULL; link = &(*link)->next) {
        if (*link == exchange) {
            *link = exchange->next;
            break;
        }
    }
    drop_request(exchange);
    drop(&exchange->in_stream, wasi_input_drop);
    drop(&exchange->in_body, wasi_incoming_drop);
    drop(&exchange->response, wasi_response_drop);
    drop(&exchange->future, wasi_future_drop);
}

void weft_exchange_end(weft_exchange *exchange) {
    forget(exchange);
    weft_bytes_free(&exchange->head);
    weft_bytes_free(&exchange->body);
    free(exchange->origin);
    free(exchange->message);
    exchange->origin = exchange->message = NULL;
}

// ---- failures

static bool add_text(weft_bytes *bytes, const char *text) {
    return weft_bytes_add(bytes, text, strlen(text));
}

void weft_exchange_fail(
    weft_exchange *exchange, weft_phase phase, bool is_sent, const char *detail, const char *quoted) {
    if (!exchange->is_done && !exchange->is_failed) {
        exchange->is_failed = true;
        exchange->phase = phase;
        exchange->is_sent = is_sent;
        weft_bytes message = {0};
        bool is_whole = add_text(&message, exchange->origin) && add_text(&message, ": ") && add_text(&message, detail);
        if (*quoted != 0) {
            is_whole = is_whole && add_text(&message, " (") && add_text(&message, quoted) && add_text(&message, ")");
        }
        if (is_whole && weft_bytes_add(&message, "", 1)) {
            exchange->message = (char *)message.data;
        } else {
            weft_bytes_free(&message);
        }
    }
    forget(exchange);
}

static int limit_of(const weft_exchange *exchange, weft_phase phase) {
    switch (phase) {
        case WEFT_TOTAL: return exchange->total_ms;
        case WEFT_CONNECT: return exchange->connect_ms;
        case WEFT_FIRST_BYTE: return exchange->first_byte_ms;
        default: return exchange->between_ms;
    }
}

void weft_exchange_fail_late(weft_exchange *exchange, weft_phase phase, bool is_sent) {
    static const char *const texts[] = {
        "the name was not resolved", "no connection", "TLS was not agreed on", "the request could not be sent on",
        "no answer", "the answer did not go on", "not done",
    };
    // Milliseconds as seconds, from the end: three digits behind the point, as far as they are not 0.
    char digits[16];
    char *at = digits + sizeof(digits);
    *--at = 0;
    int left = limit_of(exchange, phase);
    for (int place = 0; left > 0 || place < 4; place++, left /= 10) {
        if (place == 3 && *at != 0) {
            *--at = '.';
        }
        if (place >= 3 || *at != 0 || left % 10 != 0) {
            *--at = (char)('0' + left % 10);
        }
    }
    char detail[96];
    strcpy(detail, texts[phase]);
    strcat(detail, " within ");
    strcat(detail, at);
    strcat(detail, " s");
    weft_exchange_fail(exchange, phase, is_sent, detail, "");
}

static weft_phase phase_of(const weft_exchange *exchange) {
    return exchange->is_head_whole ? WEFT_BODY : exchange->is_all_sent ? WEFT_FIRST_BYTE : WEFT_SEND;
}

static int64_t end_ms(const weft_exchange *exchange, weft_phase *phase) {
    *phase = phase_of(exchange);
    int64_t end = exchange->moved_ms + limit_of(exchange, *phase);
    // While its reader is slow, the server is not to blame.
    if (*phase == WEFT_BODY && weft_bytes_size(&exchange->body) > 0) {
        end = INT64_MAX;
    }
    int64_t total_end = exchange->started_ms + exchange->total_ms;
    if (total_end <= end) {
        *phase = WEFT_TOTAL;
        end = total_end;
    }
    return end;
}

int64_t weft_exchanges_check(void) {
    int64_t first = INT64_MAX;
    int64_t now = weft_monotonic_ms();
    weft_exchange *next;
    for (weft_exchange *exchange = under_way; exchange != NULL; exchange = next) {
        next = exchange->next;
        weft_phase phase;
        int64_t end = end_ms(exchange, &phase);
        if (end > now) {
            first = end < first ? end : first;
        } else {
            weft_exchange_fail_late(exchange, phase, exchange->is_all_sent);
        }
    }
    return first;
}

static void fail_without_memory(weft_exchange *exchange) {
    weft_exchange_fail(exchange, phase_of(exchange), true, "no memory is left", "");
}

// ---- the way there

static void finish_request(weft_exchange *exchange) {
    drop(&exchange->out_stream, wasi_output_drop);
    if (exchange->out_body != 0) {
        // Whatever is wrong with it, the answer will say.
        wasi_http_result result;
        wasi_body_finish(exchange->out_body, 0, 0, &result);
        exchange->out_body = 0;
    }
    drop_request(exchange);
    exchange->is_all_sent = true;
    exchange->moved_ms = weft_monotonic_ms();
}

// The server has closed its side, or has answered without listening: the answer, if there is one, says more.
static void stop_sending(weft_exchange *exchange, const wasi_stream_error *error) {
    if (error->kind == WASI_STREAM_FAILED) {
        wasi_error_drop(error->error);
    }
    drop_request(exchange);
    exchange->is_all_sent = true;
}

static void send_on(weft_exchange *exchange) {
    while (exchange->sent_size < exchange->request_size) {
        wasi_check_result check;
        wasi_output_check(exchange->out_stream, &check);
        if (check.is_error) {
            stop_sending(exchange, &check.failure);
            return;
        }
        size_t size = exchange->request_size - exchange->sent_size;
        size = size < PIECE_BYTES ? size : PIECE_BYTES;
        size = size < check.size ? size : (size_t)check.size;
        if (size == 0) {
            return;
        }
        wasi_write_result written;
        wasi_output_write(exchange->out_stream, exchange->request_body + exchange->sent_size, size, &written);
        if (written.is_error) {
            stop_sending(exchange, &written.failure);
            return;
        }
        exchange->sent_size += size;
        exchange->moved_ms = weft_monotonic_ms();
    }
    finish_request(exchange);
}

// ---- the way back

static bool take_headers(weft_exchange *exchange) {
    wasi_handle fields = wasi_response_headers(exchange->response);
    wasi_list entries;
    wasi_fields_entries(fields, &entries);
    wasi_fields_drop(fields);
    const wasi_field *each = (const wasi_field *)entries.data;
    bool is_whole = true;
    for (size_t i = 0; i < entries.size; i++) {
        is_whole = is_whole && weft_bytes_add(&exchange->head, each[i].name.data, each[i].name.size)
            && weft_bytes_add(&exchange->head, ":", 1)
            && weft_bytes_add(&exchange->head, each[i].value.data, each[i].value.size)
            && weft_bytes_add(&exchange->head, "\n", 1);
        wasi_free(each[i].name.data, each[i].name.size);
        wasi_free(each[i].value.data, each[i].value.size);
    }
    wasi_free(entries.data, entries.size);
    return is_whole;
}

static void take_head(weft_exchange *exchange) {
    wasi_future_result answer;
    wasi_future_get(exchange->future, &answer);
    if (!answer.is_some) {
        return;
    }
    drop(&exchange->future, wasi_future_drop);
    if (answer.is_taken) {
        weft_exchange_fail(exchange, WEFT_FIRST_BYTE, true, "the host gave its answer away twice", "");
        return;
    }
    if (answer.result.is_error) {
        weft_exchange_fail_with_code(exchange, &answer.result.error);
        return;
    }
    exchange->response = answer.result.handle;
    exchange->status = wasi_response_status(exchange->response);
    exchange->moved_ms = weft_monotonic_ms();
    if (!take_headers(exchange)) {
        fail_without_memory(exchange);
        return;
    }
    if (weft_bytes_size(&exchange->head) > HEAD_LIMIT_BYTES) {
        weft_exchange_fail(exchange, WEFT_FIRST_BYTE, true, "its head is larger than 64 KiB", "");
        return;
    }
    wasi_maybe_handle made;
    wasi_response_consume(exchange->response, &made);
    if (!made.is_error) {
        exchange->in_body = made.handle;
        wasi_incoming_stream(exchange->in_body, &made);
    }
    if (made.is_error) {
        weft_exchange_fail(exchange, WEFT_BODY, true, "the host gives no body to its answer", "");
        return;
    }
    exchange->in_stream = made.handle;
    exchange->is_head_whole = true;
}

static void read_on(weft_exchange *exchange) {
    while (weft_bytes_size(&exchange->body) < WEFT_BODY_LIMIT_BYTES) {
        wasi_read_result result;
        wasi_input_read(exchange->in_stream, PIECE_BYTES, &result);
        if (result.is_error && result.failure.kind == WASI_STREAM_CLOSED) {
            exchange->is_done = true;
            forget(exchange);
            return;
        }
        if (result.is_error) {
            weft_exchange_fail_with_stream(exchange, &result.failure);
            return;
        }
        bool is_kept = weft_bytes_add(&exchange->body, result.data.data, result.data.size);
        wasi_free(result.data.data, result.data.size);
        if (!is_kept) {
            fail_without_memory(exchange);
        }
        if (!is_kept || result.data.size == 0) {
            return;
        }
        exchange->moved_ms = weft_monotonic_ms();
    }
}

void weft_exchange_move(weft_exchange *exchange) {
    if (!exchange->is_all_sent && exchange->out_stream != 0) {
        send_on(exchange);
    }
    if (exchange->future != 0) {
        take_head(exchange);
    }
    if (exchange->in_stream != 0) {
        read_on(exchange);
    }
}

// ---- the start

static int32_t method_of(const char *name) {
    static const char *const names[] = {
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    };
    int32_t method = 0;
    while (strcmp(names[method], name) != 0) {
        method++;
    }
    return method;
}

static wasi_handle options_of(const weft_exchange *exchange) {
    // A second more than ours, so that ours, which every host keeps, have the word. A connection is the host's alone.
    const uint64_t more = 1000 * NANOSECONDS;
    wasi_handle options = wasi_options_new();
    wasi_options_set_connect(options, 1, (uint64_t)exchange->connect_ms * NANOSECONDS);
    wasi_options_set_first_byte(options, 1, (uint64_t)exchange->first_byte_ms * NANOSECONDS + more);
    wasi_options_set_between_bytes(options, 1, (uint64_t)exchange->between_ms * NANOSECONDS + more);
    return options;
}

// The request and its open body, or 0 for what the host refuses.
static wasi_handle request_of(weft_exchange *exchange, const weft_asked *asked) {
    wasi_handle request = wasi_request_new(asked->fields);
    bool is_refused = wasi_request_set_method(request, method_of(asked->method), NULL, 0) != 0
        || wasi_request_set_scheme(request, 1, asked->is_https ? WASI_HTTPS : WASI_HTTP, NULL, 0) != 0
        || wasi_request_set_authority(request, 1, asked->authority, asked->authority_size) != 0
        || wasi_request_set_path(request, 1, asked->target, strlen(asked->target)) != 0;
    wasi_maybe_handle made = {.is_error = is_refused};
    if (!is_refused && exchange->request_size > 0) {
        wasi_request_body(request, &made);
        if (!made.is_error) {
            exchange->out_body = made.handle;
            wasi_body_write(exchange->out_body, &made);
            exchange->out_stream = made.is_error ? 0 : made.handle;
        }
    }
    if (made.is_error) {
        drop_request(exchange);
        wasi_request_drop(request);
        return 0;
    }
    return request;
}

void weft_exchange_start(weft_exchange *exchange, const weft_asked *asked) {
    exchange->started_ms = exchange->moved_ms = weft_monotonic_ms();
    exchange->next = under_way;
    under_way = exchange;
    wasi_handle request = request_of(exchange, asked);
    if (request == 0) {
        weft_exchange_fail(exchange, WEFT_SEND, false, "the host refuses such a request: its URL or method", "");
        return;
    }
    wasi_http_result result;
    wasi_http_handle(request, 1, options_of(exchange), &result);
    if (result.is_error) {
        weft_exchange_fail_with_code(exchange, &result.error);
        return;
    }
    exchange->future = result.handle;
    if (exchange->request_size == 0) {
        finish_request(exchange);
    }
}
#else
typedef int weft_no_component_exchange; // a translation unit may not be empty
#endif
