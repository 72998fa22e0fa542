// The handshake of a WebSocket (RFC 6455, 4): ours, and whether the server really agreed.

#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "weft_header.h"
#include "weft_websocket.h"

static uint32_t rotate(uint32_t value, int bits) {
    return value << bits | value >> (32 - bits);
}

static void sha1_block(uint32_t state[5], const uint8_t block[64]) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8
            | block[4 * i + 3];
    }
    for (int i = 16; i < 80; i++) {
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d) : b ^ c ^ d;
        if (i >= 40 && i < 60) {
            f = (b & c) | (b & d) | (c & d);
        }
        uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
        uint32_t next = rotate(a, 5) + f + e + k + w[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

// Of at most 119 bytes: two blocks. mbedTLS is built without SHA-1, which nothing but this protocol still needs.
static void sha1(const char *text, uint8_t digest[20]) {
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t blocks[128] = {0};
    size_t size = strlen(text);
    size_t used = size < 56 ? 64 : 128;
    memcpy(blocks, text, size);
    blocks[size] = 0x80;
    blocks[used - 2] = (uint8_t)(size * 8 >> 8);
    blocks[used - 1] = (uint8_t)(size * 8);
    for (size_t at = 0; at < used; at += 64) {
        sha1_block(state, blocks + at);
    }
    for (int i = 0; i < 20; i++) {
        digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

static void base64(const uint8_t *data, size_t size, char *text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < size; at += 3) {
        uint32_t group = (uint32_t)data[at] << 16;
        group |= at + 1 < size ? (uint32_t)data[at + 1] << 8 : 0;
        group |= at + 2 < size ? data[at + 2] : 0;
        *text++ = digits[group >> 18];
        *text++ = digits[group >> 12 & 63];
        *text++ = at + 1 < size ? digits[group >> 6 & 63] : '=';
        *text++ = at + 2 < size ? digits[group & 63] : '=';
    }
    *text = 0;
}

static void add(weft_websocket *self, const char *text) {
    if (!weft_bytes_add(&self->out, text, strlen(text))) {
        mp_raise_type(&mp_type_MemoryError);
    }
}

static void add_key(weft_websocket *self) {
    uint8_t nonce[16];
    uint8_t digest[20];
    char key[32];
    char both[80];
    int failure = weft_random(nonce, sizeof(nonce));
    if (failure != 0) {
        weft_raise_errno(failure);
    }
    base64(nonce, sizeof(nonce), key);
    curl_msnprintf(both, sizeof(both), "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1(both, digest);
    base64(digest, sizeof(digest), self->expected);
    add(self, "Sec-WebSocket-Key: ");
    add(self, key);
    add(self, "\r\n");
}

void weft_websocket_prepare(weft_websocket *self, const mp_obj_t *arguments, mp_obj_t proxy) {
    size_t size;
    const char *url = mp_obj_str_get_data(arguments[0], &size);
    if (strlen(url) != size || (strncmp(url, "ws://", 5) != 0 && strncmp(url, "wss://", 6) != 0)) {
        weft_raise_transport(WEFT_RESOLVE, false, "the URL is not one of ws or wss");
    }
    vstr_t as_http;
    vstr_init(&as_http, size + 4);
    vstr_add_str(&as_http, "http");
    vstr_add_strn(&as_http, url + 2, size - 2);
    weft_request request = {
        .method = MP_OBJ_NEW_QSTR(MP_QSTR_GET),
        .url = mp_obj_new_str_from_vstr(&as_http),
        .headers = mp_const_empty_tuple,
        .body = mp_const_empty_bytes,
        .addresses = arguments[2],
        .timeouts_ms = arguments[3],
        .proxy = proxy,
    };
    weft_request_prepare(&self->transfer, &request);
    CURL *easy = self->transfer.easy;
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);

    const char *host = strstr(url, "://") + 3;
    size_t host_size = strcspn(host, "/?#");
    const char *path = host + host_size;
    size_t path_size = strcspn(path, "#");
    vstr_t head;
    vstr_init(&head, 256);
    vstr_add_str(&head, *path == '/' ? "GET " : "GET /");
    vstr_add_strn(&head, path, path_size);
    vstr_add_str(&head, " HTTP/1.1\r\nHost: ");
    vstr_add_strn(&head, host, host_size);
    vstr_add_str(&head, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
    bool has_agent = false;
    mp_obj_iter_buf_t buffer;
    mp_obj_t iterable = mp_getiter(arguments[1], &buffer);
    mp_obj_t pair;
    while ((pair = mp_iternext(iterable)) != MP_OBJ_STOP_ITERATION) {
        vstr_t line;
        const char *name;
        const char *text = weft_header_line(&line, pair, &name);
        has_agent = has_agent || curl_strequal(name, "user-agent");
        if (strchr(text, ':') == NULL) {
            line.buf[vstr_len(&line) - 1] = ':'; // libcurl's way to write an empty value
        }
        vstr_add_strn(&head, vstr_str(&line), vstr_len(&line));
        vstr_add_str(&head, "\r\n");
        vstr_clear(&line);
    }
    if (!has_agent) {
        vstr_add_str(&head, "User-Agent: " WEFT_USER_AGENT "\r\n");
    }
    add(self, vstr_null_terminated_str(&head));
    vstr_clear(&head);
    add_key(self);
    add(self, "\r\n");
}

// Finds a header's value in the answer. NULL if there is none.
static const char *find(const weft_websocket *self, const char *name, size_t *size) {
    const char *line = (const char *)self->transfer.head.data;
    const char *end = line + self->transfer.head.end;
    size_t name_size = strlen(name);
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if ((size_t)(stop - line) > name_size && line[name_size] == ':' && curl_strnequal(line, name, name_size)) {
            const char *value = line + name_size + 1;
            while (value < stop && (*value == ' ' || *value == '\t')) {
                value++;
            }
            *size = (size_t)(stop - value);
            return value;
        }
        line = stop + 1;
    }
    return NULL;
}

static void judge(weft_websocket *self) {
    char text[96];
    size_t size = 0;
    weft_transfer *transfer = &self->transfer;
    if (transfer->status != 101) {
        transfer->is_head_whole = false;
        curl_msnprintf(text, sizeof(text), "no WebSocket: the server answered with status %d", transfer->status);
        weft_transfer_fail(transfer, WEFT_FIRST_BYTE, text);
        return;
    }
    const char *upgrade = find(self, "upgrade", &size);
    bool is_agreed = upgrade != NULL && size == 9 && curl_strnequal(upgrade, "websocket", 9);
    const char *accept = find(self, "sec-websocket-accept", &size);
    is_agreed = is_agreed && accept != NULL && size == strlen(self->expected)
        && memcmp(accept, self->expected, size) == 0;
    // We offer no extension, so there is none to agree on.
    if (!is_agreed || find(self, "sec-websocket-extensions", &size) != NULL) {
        transfer->is_head_whole = false;
        weft_transfer_fail(transfer, WEFT_FIRST_BYTE, "no WebSocket: the server's answer does not fit our request");
    }
}

void weft_websocket_head(weft_websocket *self) {
    weft_transfer *transfer = &self->transfer;
    weft_bytes *in = &self->in;
    transfer->moved_ms = weft_monotonic_ms();
    transfer->is_any_read = true;
    while (!transfer->is_head_whole && !transfer->is_failed) {
        const uint8_t *line = in->data + in->start;
        const uint8_t *stop = memchr(line, '\n', weft_bytes_size(in));
        if (stop == NULL) {
            if (weft_bytes_size(in) > 16384) {
                weft_transfer_fail(
                    transfer, WEFT_FIRST_BYTE, "the answer is broken or not HTTP/1.1: a line is too long");
            }
            return;
        }
        size_t size = (size_t)(stop - line) + 1;
        const char *wrong = weft_transfers_header(transfer, (const char *)line, size);
        weft_bytes_skip(in, size);
        if (wrong != NULL || weft_bytes_size(&transfer->head) > 65536) {
            weft_transfer_fail(transfer, WEFT_FIRST_BYTE, "the answer is broken or not HTTP/1.1");
        }
    }
    if (transfer->is_head_whole) {
        judge(self);
    }
}
