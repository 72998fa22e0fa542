// WebSockets (RFC 6455) over a connection that libcurl made: the handshake, frames, pings answered, the close.
//
// libcurl's own frames are not used: 8.14 does not check the server's Sec-WebSocket-Accept.

#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "py/unicode.h"
#include "weft_header.h"
#include "weft_websocket.h"

#if defined(_WIN32)
#include <winsock2.h>
#else
#include <poll.h>
#endif

// What may wait to be sent: pings of a server that does not read must not fill our memory.
#define OUT_LIMIT_BYTES (1 << 20)
#define IN_LIMIT_BYTES 65536

static void fail(weft_websocket *self, const char *detail) {
    weft_transfer_fail(&self->transfer, self->transfer.is_head_whole ? WEFT_BODY : WEFT_FIRST_BYTE, detail);
}

static void flush(weft_websocket *self) {
    weft_bytes *out = &self->out;
    while (weft_bytes_size(out) > 0 && self->transfer.easy != NULL) {
        size_t taken = 0;
        CURLcode code = curl_easy_send(self->transfer.easy, out->data + out->start, weft_bytes_size(out), &taken);
        if (code == CURLE_AGAIN || (code == CURLE_OK && taken == 0)) {
            return;
        }
        if (code != CURLE_OK) {
            fail(self, "the connection was cut while something was sent");
            return;
        }
        weft_bytes_skip(out, taken);
    }
}

// Adds one whole frame. False if there is no memory or, for what we send of ourselves, no room for it.
static bool add_frame(weft_websocket *self, int kind, const uint8_t *data, size_t size) {
    uint8_t head[14];
    size_t used = 2;
    head[0] = (uint8_t)(0x80 | kind);
    if (size < 126) {
        head[1] = (uint8_t)size;
    } else {
        int wide = size > 0xffff ? 8 : 2;
        head[1] = wide == 8 ? 127 : 126;
        for (int i = wide - 1; i >= 0; i--) {
            head[used++] = (uint8_t)((uint64_t)size >> (8 * i));
        }
    }
    head[1] |= 0x80;
    uint8_t *mask = head + used;
    // A new mask for each frame, which the other side cannot guess (RFC 6455, 10.3).
    if (weft_random(mask, 4) != 0 || !weft_bytes_add(&self->out, head, used + 4)) {
        return false;
    }
    if (!weft_bytes_add(&self->out, data, size)) {
        self->out.end -= used + 4;
        return false;
    }
    uint8_t *sent = self->out.data + self->out.end - size;
    for (size_t i = 0; i < size; i++) {
        sent[i] ^= mask[i & 3];
    }
    return true;
}

static void answer(weft_websocket *self, int kind, const uint8_t *data, size_t size) {
    if (weft_bytes_size(&self->out) < OUT_LIMIT_BYTES) {
        add_frame(self, kind, data, size);
        flush(self);
    }
}

// The server broke the rules: says so to it, and to the reader.
static void refuse(weft_websocket *self, int code, const char *detail) {
    uint8_t reason[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    answer(self, WEFT_WS_CLOSE, reason, sizeof(reason));
    fail(self, detail);
}

// Takes a control frame, whole. False while an earlier one still waits for its reader.
static bool take_control(weft_websocket *self, int kind, const uint8_t *data, size_t size) {
    if (kind == WEFT_WS_PING) {
        answer(self, WEFT_WS_PONG, data, size);
        return true;
    }
    if (self->control_kind != 0) {
        return false;
    }
    self->control_kind = kind;
    self->control_size = size;
    memcpy(self->control, data, size);
    if (kind == WEFT_WS_CLOSE) {
        self->is_closed = true;
        if (!self->is_close_sent) {
            self->is_close_sent = true;
            answer(self, WEFT_WS_CLOSE, data, size >= 2 ? 2 : 0);
        }
    }
    return true;
}

// Starts a frame whose head is there. False: nothing more can be done until more comes or something is taken.
static bool take_frame(weft_websocket *self) {
    weft_bytes *in = &self->in;
    size_t waiting = weft_bytes_size(in);
    const uint8_t *head = in->data + in->start;
    if (waiting < 2) {
        return false;
    }
    int kind = head[0] & 0x0f;
    bool is_last = (head[0] & 0x80) != 0;
    bool is_control = kind >= WEFT_WS_CLOSE;
    uint64_t size = head[1] & 0x7f;
    size_t used = 2;
    if (size >= 126) {
        size_t wide = size == 126 ? 2 : 8;
        if (waiting < 2 + wide) {
            return false;
        }
        size = 0;
        for (size_t i = 0; i < wide; i++) {
            size = size << 8 | head[used++];
        }
    }
    bool is_continued = self->message_kind != 0;
    bool is_known = is_control ? kind <= WEFT_WS_PONG : kind <= WEFT_WS_BINARY;
    if ((head[0] & 0x70) != 0 || (head[1] & 0x80) != 0 || !is_known || (is_control && (!is_last || size > 125))
        || (!is_control && (kind == 0) != is_continued)) {
        refuse(self, 1002, "the server sent a frame that WebSockets do not allow");
        return false;
    }
    if (!is_control) {
        if (size > WEFT_WS_LIMIT_BYTES || size + weft_bytes_size(&self->message) > WEFT_WS_LIMIT_BYTES) {
            refuse(self, 1009, "the server sent a message of more than 16 MiB");
            return false;
        }
        self->message_kind = kind != 0 ? kind : self->message_kind;
        self->frame_left = (size_t)size;
        self->is_in_frame = true;
        self->is_last_frame = is_last;
        weft_bytes_skip(in, used);
        return true;
    }
    if (waiting < used + size || !take_control(self, kind, head + used, (size_t)size)) {
        return false;
    }
    weft_bytes_skip(in, used + (size_t)size);
    return !self->is_closed;
}

static bool take_payload(weft_websocket *self) {
    weft_bytes *in = &self->in;
    size_t size = weft_bytes_size(in);
    size = size < self->frame_left ? size : self->frame_left;
    if (size > 0 && !weft_bytes_add(&self->message, in->data + in->start, size)) {
        fail(self, "no memory is left");
        return false;
    }
    weft_bytes_skip(in, size);
    self->frame_left -= size;
    if (self->frame_left > 0) {
        return false;
    }
    self->is_in_frame = false;
    if (self->is_last_frame) {
        weft_bytes *message = &self->message;
        if (self->message_kind == WEFT_WS_TEXT && weft_bytes_size(message) > 0
            && !utf8_check(message->data + message->start, weft_bytes_size(message))) {
            refuse(self, 1007, "the server sent text that is not UTF-8");
            return false;
        }
        self->has_message = true;
    }
    return true;
}

void weft_websocket_take(weft_websocket *self) {
    while (!self->transfer.is_failed && !self->is_closed && !self->has_message) {
        if (!(self->is_in_frame ? take_payload(self) : take_frame(self))) {
            break;
        }
    }
}

static void receive(weft_websocket *self) {
    uint8_t piece[4096];
    while (self->transfer.easy != NULL && !self->is_closed && weft_bytes_size(&self->in) < IN_LIMIT_BYTES) {
        size_t size = 0;
        CURLcode code = curl_easy_recv(self->transfer.easy, piece, sizeof(piece), &size);
        if (code == CURLE_AGAIN) {
            return;
        }
        if (code != CURLE_OK || size == 0) {
            fail(self, self->transfer.is_head_whole ? "the connection was cut without a closing frame"
                                                    : "closed the connection without an answer");
            return;
        }
        if (!weft_bytes_add(&self->in, piece, size)) {
            fail(self, "no memory is left");
            return;
        }
        if (!self->transfer.is_head_whole) {
            weft_websocket_head(self);
        }
        if (self->transfer.is_head_whole) {
            weft_websocket_take(self);
        }
    }
}

void weft_transfers_connected(weft_transfer *transfer) {
    weft_websocket *self = (weft_websocket *)transfer;
    curl_socket_t opened = CURL_SOCKET_BAD;
    curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &opened);
    transfer->handle.fd = (intptr_t)opened;
    transfer->moved_ms = weft_monotonic_ms();
    transfer->is_all_sent = true;
    flush(self);
}

static short events(weft_handle *handle) {
    weft_websocket *self = (weft_websocket *)handle;
    bool is_full = self->has_message || self->is_closed || weft_bytes_size(&self->in) >= IN_LIMIT_BYTES;
    return (short)((is_full ? 0 : POLLIN) | (weft_bytes_size(&self->out) > 0 ? POLLOUT : 0));
}

static bool is_ready(weft_handle *handle, short seen) {
    weft_websocket *self = (weft_websocket *)handle;
    if (seen != 0 && self->transfer.easy != NULL) {
        flush(self);
        receive(self);
    }
    bool has_news = (self->transfer.is_head_whole && !self->transfer.is_head_taken) || self->has_message
        || self->control_kind != 0 || self->is_closed;
    return self->transfer.is_failed || (handle->is_read_wanted && has_news)
        || (handle->is_write_wanted && weft_bytes_size(&self->out) == 0);
}

static void close_websocket(weft_handle *handle) {
    weft_websocket *self = (weft_websocket *)handle;
    flush(self);
    weft_bytes_free(&self->in);
    weft_bytes_free(&self->out);
    weft_bytes_free(&self->message);
    weft_transfer_end(&self->transfer);
}

static const weft_kind websocket_kind = {
    .name = "websocket",
    .events = events,
    .is_ready = is_ready,
    .close = close_websocket,
};

// websocket(url, headers, addresses, timeouts_ms, proxy) -> handle
static mp_obj_t weft_websocket_open(size_t count, const mp_obj_t *arguments) {
    weft_network_start();
    weft_websocket *self = weft_handle_new(&websocket_kind, sizeof(weft_websocket));
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        weft_handle_close(&self->transfer.handle);
        nlr_jump(nlr.ret_val);
    }
    self->transfer.is_websocket = true;
    weft_websocket_prepare(self, arguments, count > 4 ? arguments[4] : mp_const_none);
    weft_transfer_start(&self->transfer);
    nlr_pop();
    return weft_handle_object(self);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(weft_websocket_obj, 4, 5, weft_websocket_open);

// ws_head(handle) -> None | the headers of the server's consent: ((name, value), ...)
static mp_obj_t weft_ws_head(mp_obj_t number) {
    weft_websocket *self = weft_handle_get(number, &websocket_kind);
    if (!self->transfer.is_head_whole) {
        if (self->transfer.is_failed) {
            weft_transfer_raise(&self->transfer);
        }
        return mp_const_none;
    }
    mp_obj_t headers = weft_transfer_headers(&self->transfer);
    self->transfer.is_head_taken = true;
    return headers;
}
WEFT_1(ws_head);

static mp_obj_t event(int kind, const uint8_t *data, size_t size) {
    mp_obj_t pair[] = {MP_OBJ_NEW_SMALL_INT(kind), mp_obj_new_bytes(data, size)};
    return mp_obj_new_tuple(2, pair);
}

// ws_read(handle) -> None | (kind, bytes): 1 text, 2 binary, 8 close (again at each later call), 10 pong
static mp_obj_t weft_ws_read(mp_obj_t number) {
    weft_websocket *self = weft_handle_get(number, &websocket_kind);
    if (self->has_message) {
        mp_obj_t found = event(
            self->message_kind, self->message.data + self->message.start, weft_bytes_size(&self->message));
        weft_bytes_free(&self->message); // one big message must not keep its memory
        self->has_message = false;
        self->message_kind = 0;
        weft_websocket_take(self);
        return found;
    }
    if (self->control_kind != 0) {
        mp_obj_t found = event(self->control_kind, self->control, self->control_size);
        if (!self->is_closed) {
            self->control_kind = 0;
            weft_websocket_take(self);
        }
        return found;
    }
    if (self->transfer.is_failed) {
        weft_transfer_raise(&self->transfer);
    }
    return mp_const_none;
}
WEFT_1(ws_read);

// ws_write(handle, kind, data) -> how many bytes still wait to be sent
static mp_obj_t weft_ws_write(mp_obj_t number, mp_obj_t kind, mp_obj_t data) {
    weft_websocket *self = weft_handle_get(number, &websocket_kind);
    mp_int_t wanted = mp_obj_get_int(kind);
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data, &buffer, MP_BUFFER_READ);
    bool is_control = wanted >= WEFT_WS_CLOSE && wanted <= WEFT_WS_PONG;
    if (!(is_control || wanted == WEFT_WS_TEXT || wanted == WEFT_WS_BINARY) || (is_control && buffer.len > 125)) {
        mp_raise_ValueError(MP_ERROR_TEXT("a frame is text, binary, or a close, ping or pong of at most 125 bytes"));
    }
    if (self->transfer.is_failed) {
        weft_transfer_raise(&self->transfer);
    }
    if (!self->transfer.is_head_whole || self->is_close_sent) {
        weft_raise_transport(WEFT_SEND, false, "%s: the WebSocket is not open", self->transfer.origin);
    }
    self->is_close_sent = wanted == WEFT_WS_CLOSE;
    if (!add_frame(self, (int)wanted, buffer.buf, buffer.len)) {
        mp_raise_type(&mp_type_MemoryError);
    }
    flush(self);
    return mp_obj_new_int_from_uint(weft_bytes_size(&self->out));
}
WEFT_3(ws_write);
