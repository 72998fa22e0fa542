// Takes, resizes and gives back blocks at random, and looks that nobody else wrote into them.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 200, STEPS = 200000 };

static struct {
    unsigned char *data;
    size_t size;
    unsigned char mark;
} blocks[BLOCKS];

static uint32_t state = 1;

static uint32_t random_below(uint32_t end) {
    state = state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)state * end) >> 32);
}

static int is_whole(int at) {
    for (size_t i = 0; i < blocks[at].size; i++) {
        if (blocks[at].data[i] != blocks[at].mark) {
            return 0;
        }
    }
    return ((uintptr_t)blocks[at].data & 15) == 0;
}

int main(void) {
    for (int step = 0; step < STEPS; step++) {
        int at = (int)random_below(BLOCKS);
        size_t size = random_below(20) == 0 ? random_below(100000) : random_below(400);
        if (!is_whole(at)) {
            return 1;
        }
        if (blocks[at].data == NULL) {
            blocks[at].data = random_below(2) ? malloc(size) : calloc(size, 1);
        } else if (random_below(2)) {
            unsigned char *longer = realloc(blocks[at].data, size);
            for (size_t i = 0; i < size && i < blocks[at].size; i++) {
                if (longer[i] != blocks[at].mark) {
                    return 2;
                }
            }
            blocks[at].data = longer;
        } else {
            free(blocks[at].data);
            blocks[at].data = NULL;
            size = 0;
        }
        blocks[at].size = size;
        blocks[at].mark = (unsigned char)step;
        if (size > 0) {
            memset(blocks[at].data, blocks[at].mark, size);
        }
    }
    volatile size_t too_many = (size_t)-1;
    if (malloc(too_many) != NULL || calloc(too_many, 2) != NULL || malloc(too_many - 40) != NULL) {
        return 3;
    }
    for (int at = 0; at < BLOCKS; at++) {
        free(blocks[at].data);
    }
    // All that was given back is one piece again.
    size_t pages = __builtin_wasm_memory_size(0);
    unsigned char *whole = malloc((pages - 8) * 65536 / 2);
    if (whole == NULL || __builtin_wasm_memory_size(0) != pages) {
        return 4;
    }
    printf("%u\n", (unsigned)pages);
    return 0;
}
