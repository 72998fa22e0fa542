// SipHash-2-4 (Aumasson, Bernstein 2012): who does not know the key can neither guess a hash nor make two texts share one.
#include <string.h>

#include "weft_vectors.h"

typedef struct {
    uint64_t a, b, c, d;
} state_t;

static inline uint64_t rotated(uint64_t value, int bits) {
    return value << bits | value >> (64 - bits);
}

static void rounds(state_t *v, int count) {
    while (count-- > 0) {
        v->a += v->b;
        v->c += v->d;
        v->b = rotated(v->b, 13) ^ v->a;
        v->d = rotated(v->d, 16) ^ v->c;
        v->a = rotated(v->a, 32);
        v->c += v->b;
        v->a += v->d;
        v->b = rotated(v->b, 17) ^ v->c;
        v->d = rotated(v->d, 21) ^ v->a;
        v->c = rotated(v->c, 32);
    }
}

static void take(state_t *v, uint64_t word) {
    v->d ^= word;
    rounds(v, 2);
    v->a ^= word;
}

uint64_t weft_siphash(const uint8_t key[KEY_BYTES], const uint8_t *data, size_t size_bytes) {
    uint64_t low, high, word;
    memcpy(&low, key, 8); // every target is little-endian
    memcpy(&high, key + 8, 8);
    state_t v = {low ^ 0x736f6d6570736575u, high ^ 0x646f72616e646f6du, low ^ 0x6c7967656e657261u,
        high ^ 0x7465646279746573u};
    size_t at = 0;
    for (; size_bytes - at >= 8; at += 8) {
        memcpy(&word, data + at, 8);
        take(&v, word);
    }
    word = (uint64_t)size_bytes << 56;
    for (size_t i = at; i < size_bytes; i++) {
        word |= (uint64_t)data[i] << 8 * (i - at);
    }
    take(&v, word);
    v.c ^= 0xff;
    rounds(&v, 4);
    return v.a ^ v.b ^ v.c ^ v.d;
}
