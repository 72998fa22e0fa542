// Turns a text into the words and pieces of words that are in it. core/embedding.py says what they are and why, and does
// the same in Python: whoever changes one changes both.
#include "weft_features.h"

#include <stdlib.h>
#include <string.h>

#include "weft_vectors.h"

enum { TEXT_LIMIT_BYTES = 16 * 1024, SHORTEST = 3, LONGEST = 5, SHORT_WORD = 3, MOST_COUNTED = 16 };

// 16 * (1 + ln n), rounded: what a feature that occurs n times is worth.
static const uint8_t worth[MOST_COUNTED] = {16, 27, 34, 38, 42, 45, 47, 49, 51, 53, 54, 56, 57, 58, 59, 60};

typedef struct {
    uint64_t hash;
    uint32_t count; // 0: nothing here
} feature_t;

typedef struct {
    const uint8_t *key;
    feature_t *table;
    size_t mask;
} features_t;

static void add_feature(const features_t *into, const uint8_t *data, size_t size_bytes, uint32_t weight) {
    // Three bits of the hash give way to the weight, so that it is part of what tells two features apart.
    uint64_t hash = (weft_siphash(into->key, data, size_bytes) & ~(uint64_t)14) | weight << 1;
    size_t at = hash >> 32 & into->mask;
    while (into->table[at].count > 0 && into->table[at].hash != hash) {
        at = (at + 1) & into->mask;
    }
    into->table[at].hash = hash;
    into->table[at].count++;
}

// The character at a place in UTF-8, and how many bytes it has; `end` is the text's.
static uint32_t character(const uint8_t *at, const uint8_t *end, size_t *size_bytes) {
    uint32_t code = *at;
    size_t more = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : code >= 0xc0 ? 1 : 0;
    more = more < (size_t)(end - at) ? more : 0;
    code &= more > 0 ? 0x3f >> more : 0x7f;
    for (size_t i = 1; i <= more; i++) {
        code = code << 6 | (at[i] & 0x3f);
    }
    *size_bytes = 1 + more;
    return code;
}

static bool is_of_word(uint32_t code) {
    if (code < 0x80) {
        return (code | 32) - 'a' < 26 || code - '0' < 10;
    }
    return code >= 0xc0 && code != 0xd7 && code != 0xf7 && (code < 0x2000 || code > 0x206f)
        && (code < 0x3000 || code > 0x303f) && (code < 0xff00 || code > 0xff0f);
}

// A word with a mark at each end, in `marked`; `starts` are the places of its characters, and of its end.
static void add_word(const features_t *into, const uint8_t *marked, const uint16_t *starts, size_t count) {
    uint32_t weight = count - 2 > SHORT_WORD ? 2 : 1;
    add_feature(into, marked, starts[count - 1], 2 * weight);
    for (size_t first = 0; first < count; first++) {
        // Two characters say much in a script that has thousands of them.
        size_t shortest = marked[starts[first]] >= 0xe3 ? SHORTEST - 1 : SHORTEST;
        for (size_t size = shortest; size <= LONGEST && first + size <= count; size++) {
            add_feature(into, marked + starts[first], starts[first + size] - starts[first], weight);
        }
    }
}

static void add_words(const features_t *into, const uint8_t *text, const uint8_t *end, uint8_t *marked,
    uint16_t *starts) {
    size_t count = 0; // of the characters of the word so far, its first mark included
    size_t used = 0;
    for (const uint8_t *at = text; at <= end;) {
        size_t size_bytes = 1;
        bool is_inside = at < end && is_of_word(character(at, end, &size_bytes));
        if (is_inside) {
            if (count == 0) {
                starts[count++] = 0;
                marked[0] = '<';
                used = 1;
            }
            starts[count++] = (uint16_t)used;
            memcpy(marked + used, at, size_bytes);
            used += size_bytes;
        } else if (count > 0) {
            starts[count++] = (uint16_t)used;
            marked[used++] = '>';
            starts[count] = (uint16_t)used;
            add_word(into, marked, starts, count);
            count = 0;
        }
        at += size_bytes;
    }
}

bool weft_features(const uint8_t *key, const uint8_t *text, size_t size_bytes, int32_t *sums, size_t dimensions) {
    size_t used = size_bytes < TEXT_LIMIT_BYTES ? size_bytes : TEXT_LIMIT_BYTES;
    while (used > 0 && used < size_bytes && (text[used] & 0xc0) == 0x80) {
        used--; // not within a character
    }
    // A text has at most three features a byte: then half of the table stays empty.
    size_t room = 64;
    while (room < 6 * used) {
        room *= 2;
    }
    features_t into = {key, calloc(room, sizeof(feature_t)), room - 1};
    uint16_t *starts = malloc((used + 3) * sizeof(*starts));
    uint8_t *marked = malloc(used + 2);
    bool has_memory = into.table != NULL && starts != NULL && marked != NULL;
    if (has_memory) {
        add_words(&into, text, text + used, marked, starts);
        for (size_t i = 0; i < room; i++) {
            uint64_t hash = into.table[i].hash;
            uint32_t count = into.table[i].count;
            if (count > 0) {
                int32_t weight = worth[(count < MOST_COUNTED ? count : MOST_COUNTED) - 1] * (int32_t)(hash >> 1 & 7);
                sums[(uint32_t)(hash >> 8) % dimensions] += hash & 1 ? weight : -weight;
            }
        }
    }
    free(marked);
    free(starts);
    free(into.table);
    return has_memory;
}
