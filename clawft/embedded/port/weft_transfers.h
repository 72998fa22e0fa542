// What weft_transfer.c, weft_head.c and weft_network.c do for each other.

#ifndef WEFT_TRANSFERS_H
#define WEFT_TRANSFERS_H

#include "weft_transfer.h"

// weft_transfer.c: ends what has run out of time; when the next one would (INT64_MAX: never).
int64_t weft_transfers_check(void);
// weft_transfer.c: libcurl is through with a transfer.
void weft_transfers_finished(CURL *easy, CURLcode code);

// weft_head.c: takes a line of the answer's head, its end included. What is wrong with it, or NULL.
const char *weft_transfers_header(weft_transfer *transfer, const char *line, size_t size);

// weft_network.c: a socket that children do not inherit, CURL_SOCKET_BAD if there is none.
curl_socket_t weft_transfers_socket(int family, int type, int protocol);
// weft_network.c: the system's text for the number of a failed socket call.
const char *weft_transfers_reason(int number);
// weft_websocket.c: its connection is there.
void weft_transfers_connected(weft_transfer *transfer);

#endif
