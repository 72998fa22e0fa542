// Bytes that come in at the end and are taken from the start, in memory of malloc().

#ifndef WEFT_BYTES_H
#define WEFT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *data;
    size_t start;
    size_t end;
    size_t room;
} weft_bytes;

bool weft_bytes_add(weft_bytes *bytes, const void *data, size_t size);
void weft_bytes_skip(weft_bytes *bytes, size_t size);
void weft_bytes_free(weft_bytes *bytes);
static inline size_t weft_bytes_size(const weft_bytes *bytes) {
    return bytes->end - bytes->start;
}

#endif
