// Bytes on their way: see weft_bytes.h.

#include "weft_bytes.h"

#include <stdlib.h>
#include <string.h>

bool weft_bytes_add(weft_bytes *bytes, const void *data, size_t size) {
    if (bytes->start == bytes->end) {
        bytes->start = bytes->end = 0;
    }
    if (bytes->end + size > bytes->room && bytes->start > 0) {
        memmove(bytes->data, bytes->data + bytes->start, bytes->end - bytes->start);
        bytes->end -= bytes->start;
        bytes->start = 0;
    }
    if (bytes->end + size > bytes->room) {
        size_t room = bytes->room < 1024 ? 1024 : bytes->room;
        while (room < bytes->end + size) {
            room *= 2;
        }
        uint8_t *grown = realloc(bytes->data, room);
        if (grown == NULL) {
            return false;
        }
        bytes->data = grown;
        bytes->room = room;
    }
    memcpy(bytes->data + bytes->end, data, size);
    bytes->end += size;
    return true;
}

void weft_bytes_skip(weft_bytes *bytes, size_t size) {
    bytes->start += size;
}

void weft_bytes_free(weft_bytes *bytes) {
    free(bytes->data);
    memset(bytes, 0, sizeof(*bytes));
}
