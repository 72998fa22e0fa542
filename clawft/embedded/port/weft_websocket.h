// One WebSocket, shared by its frames (weft_websocket.c) and its handshake (weft_handshake.c).

#ifndef WEFT_WEBSOCKET_H
#define WEFT_WEBSOCKET_H

#include "weft_transfers.h"

enum { WEFT_WS_TEXT = 1, WEFT_WS_BINARY = 2, WEFT_WS_CLOSE = 8, WEFT_WS_PING = 9, WEFT_WS_PONG = 10 };
#define WEFT_WS_LIMIT_BYTES (16u << 20)

typedef struct {
    weft_transfer transfer; // its connection, and the answer to the handshake
    char expected[32];      // Sec-WebSocket-Accept
    weft_bytes in;          // bytes that are not yet frames
    weft_bytes out;         // frames (first the handshake) that are not yet sent
    bool is_in_frame;
    bool is_last_frame;
    size_t frame_left;
    int message_kind; // 0: no message was begun
    weft_bytes message;
    bool has_message; // it is whole, and waits for its reader
    int control_kind; // a pong or close that waits for its reader, 0 for none
    size_t control_size;
    uint8_t control[125];
    bool is_close_sent;
    bool is_closed; // by the server
} weft_websocket;

// weft_handshake.c: the connection's transfer and our side of the handshake. Raises what weft_request_prepare raises.
void weft_websocket_prepare(weft_websocket *self, const mp_obj_t *arguments, mp_obj_t proxy);
// weft_handshake.c: takes the server's answer out of `in`, once it is there, and judges it.
void weft_websocket_head(weft_websocket *self);

#endif
