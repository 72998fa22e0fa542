// The C heap of WebAssembly: one list of free blocks in the order of their addresses, the first that fits is cut, and
// neighbours are joined. There are few blocks, since Python's objects have a heap of their own (collect.c), and most are
// large. zig's C library rounds each up to a power of two and joins none: tests/wasm/allocators.py sets them side by side.
#if defined(__wasi__)
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { UNIT = 16, PAGE = 65536 };

typedef struct block {
    size_t bytes; // with this header
    struct block *next;
} block;

static block *first;

static void put_back(block *freed) {
    block **at = &first;
    block *before = NULL;
    while (*at != NULL && *at < freed) {
        before = *at;
        at = &(*at)->next;
    }
    freed->next = *at;
    *at = freed;
    if (freed->next != NULL && (char *)freed + freed->bytes == (char *)freed->next) {
        freed->bytes += freed->next->bytes;
        freed->next = freed->next->next;
    }
    if (before != NULL && (char *)before + before->bytes == (char *)freed) {
        before->bytes += freed->bytes;
        before->next = freed->next;
    }
}

void *malloc(size_t size) {
    size_t bytes = (size + UNIT + UNIT - 1) / UNIT * UNIT;
    if (bytes < size) {
        return NULL;
    }
    for (;;) {
        for (block **at = &first; *at != NULL; at = &(*at)->next) {
            block *found = *at;
            if (found->bytes < bytes) {
                continue;
            }
            if (found->bytes - bytes > UNIT) {
                block *rest = (block *)((char *)found + bytes);
                rest->bytes = found->bytes - bytes;
                rest->next = found->next;
                *at = rest;
                found->bytes = bytes;
            } else {
                *at = found->next;
            }
            return (char *)found + UNIT;
        }
        size_t pages = bytes / PAGE + (bytes % PAGE != 0);
        size_t old = __builtin_wasm_memory_grow(0, pages);
        if (old == (size_t)-1) {
            return NULL;
        }
        block *grown = (block *)(old * PAGE);
        grown->bytes = pages * PAGE;
        put_back(grown);
    }
}

void free(void *pointer) {
    if (pointer != NULL) {
        put_back((block *)((char *)pointer - UNIT));
    }
}

// Or the compiler makes a call of calloc() of it.
__attribute__((no_builtin("calloc"))) void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    void *found = malloc(bytes);
    return found == NULL ? NULL : memset(found, 0, bytes);
}

void *realloc(void *pointer, size_t size) {
    if (pointer == NULL) {
        return malloc(size);
    }
    size_t held = ((block *)((char *)pointer - UNIT))->bytes - UNIT;
    if (held >= size) {
        return pointer;
    }
    void *found = malloc(size);
    if (found != NULL) {
        memcpy(found, pointer, held);
        free(pointer);
    }
    return found;
}
#else
typedef int weft_no_malloc; // a translation unit may not be empty
#endif
