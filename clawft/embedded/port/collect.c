// The garbage collector's roots in registers and on the C stack, and where the heap comes from.
#include <stdlib.h>
#include <string.h>

#include "py/gc.h"
#include "py/mpstate.h"
#include "weft.h"

static size_t heap_bytes;
static size_t heap_limit_bytes;
static mp_state_mem_area_t *rescued;

// Each piece is preceded by its size, since the collector gives back only an address. 32: a block's alignment.
enum { PIECE_HEADER_BYTES = 32 };

#if MICROPY_GC_AT_SAFE_POINTS
// A collection is asked for when three quarters of what is free are taken, so that it mostly comes before the heap must
// grow. A threshold that a program sets itself stays.
static size_t set_threshold = (size_t)-1;

static void ask_in_time(void) {
    if (MP_STATE_MEM(gc_alloc_threshold) == set_threshold) {
        gc_info_t heap;
        gc_info(&heap);
        set_threshold = heap.free / MICROPY_BYTES_PER_GC_BLOCK / 4 * 3;
        MP_STATE_MEM(gc_alloc_threshold) = set_threshold;
    }
}
#endif

// In the executable's own memory and not malloc's: a start then makes no mapping, and touches none of malloc's pages.
static _Alignas(32) char first_heap[WEFT_FIRST_HEAP_BYTES];

void weft_heap_start(size_t limit_bytes) {
    heap_bytes = sizeof(first_heap);
    heap_limit_bytes = limit_bytes;
    gc_init(first_heap, first_heap + sizeof(first_heap));
#if MICROPY_GC_AT_SAFE_POINTS
    ask_in_time();
#endif
}

size_t weft_heap_limit(void) {
    return heap_limit_bytes;
}

size_t gc_get_max_new_split(void) {
    return heap_bytes < heap_limit_bytes ? heap_limit_bytes - heap_bytes : 0;
}

void *weft_heap_take(size_t size_bytes) {
    char *piece = malloc(size_bytes + PIECE_HEADER_BYTES);
    if (piece == NULL) {
        return NULL;
    }
    memcpy(piece, &size_bytes, sizeof(size_bytes));
    heap_bytes += size_bytes;
    return piece + PIECE_HEADER_BYTES;
}

void weft_heap_give_back(void *address) {
    mp_state_mem_area_t *area = address;
    // MicroPython 1.25.0 takes a piece for empty when its last block in use is block 0, and block 0 may well be
    // in use. Such a piece has been unlinked by now; it is put back when the sweep is over.
    if ((area->gc_alloc_table_start[0] & 3) != 0) {
        area->next = rescued;
        rescued = area;
        return;
    }
    char *piece = (char *)address - PIECE_HEADER_BYTES;
    size_t size_bytes;
    memcpy(&size_bytes, piece, sizeof(size_bytes));
    heap_bytes -= size_bytes;
    free(piece);
}

static void put_rescued_back(void) {
    while (rescued != NULL) {
        mp_state_mem_area_t *area = rescued;
        rescued = area->next;
        area->gc_last_free_atb_index = 0;
        area->next = MP_STATE_MEM(area).next;
        MP_STATE_MEM(area).next = area;
    }
}

// A frame of its own, below which the registers lie in memory whatever the C library's setjmp does to them.
MP_NOINLINE static void scan_stack(void) {
    volatile char here = 0;
    uintptr_t start = (uintptr_t)&here & ~(sizeof(void *) - 1);
    gc_collect_root((void **)start, ((uintptr_t)MP_STATE_THREAD(stack_top) - start) / sizeof(void *));
}

MP_NOINLINE static void scan_registers(void) {
#if defined(__x86_64__)
    void *registers[8];
    __asm__ volatile("movq %%rbx, 0(%0)\n\tmovq %%rbp, 8(%0)\n\tmovq %%r12, 16(%0)\n\tmovq %%r13, 24(%0)\n\t"
                     "movq %%r14, 32(%0)\n\tmovq %%r15, 40(%0)\n\tmovq %%rsi, 48(%0)\n\tmovq %%rdi, 56(%0)"
                     :
                     : "r"(registers)
                     : "memory");
#elif defined(__aarch64__)
    void *registers[12];
    __asm__ volatile("stp x19, x20, [%0, #0]\n\tstp x21, x22, [%0, #16]\n\tstp x23, x24, [%0, #32]\n\t"
                     "stp x25, x26, [%0, #48]\n\tstp x27, x28, [%0, #64]\n\tstp x29, x30, [%0, #80]"
                     :
                     : "r"(registers)
                     : "memory");
#elif defined(__wasi__)
    void *registers[1] = {NULL}; // there are none
#else
#error "write the scan of this processor's callee-saved registers"
#endif
    gc_collect_root(registers, MP_ARRAY_SIZE(registers));
    scan_stack();
}

// A collection costs what is in use: where it comes after less was allocated than three quarters of the heap, what stays
// takes more than the rest, and in twice the heap collections are rarer by more than that.
static void grow(size_t allocated_bytes) {
    // With what malloc is asked for besides: some C libraries round up to a power of two.
    size_t more_bytes = heap_bytes - PIECE_HEADER_BYTES;
#if MICROPY_GC_AT_SAFE_POINTS
    allocated_bytes *= 2; // it was asked for in time: what stays takes more than half, then
#endif
    if (allocated_bytes > heap_bytes / 4 * 3 || more_bytes > gc_get_max_new_split()) {
        return;
    }
    char *piece = weft_heap_take(more_bytes);
    if (piece != NULL) {
        gc_add(piece, piece + more_bytes);
    }
}

#if WEFT_TEST_BUILD
// So that an object which is used after it was freed does not look as it did; and how often there was a collection.
static mp_int_t collections;

static void poison(void) {
    for (mp_state_mem_area_t *area = &MP_STATE_MEM(area); area != NULL; area = area->next) {
        for (size_t block = 0; block < area->gc_alloc_table_byte_len * 4; block++) {
            if ((area->gc_alloc_table_start[block / 4] >> block % 4 * 2 & 3) == 0) {
                memset(area->gc_pool_start + block * MICROPY_BYTES_PER_GC_BLOCK, 0xdb, MICROPY_BYTES_PER_GC_BLOCK);
            }
        }
    }
}

static mp_obj_t weft_collections(void) {
    return mp_obj_new_int(collections);
}
WEFT_0(collections);
#endif

void gc_collect(void) {
#if MICROPY_GC_AT_SAFE_POINTS
    if (mp_gc_unsafe_frames != 0) {
        mp_gc_is_wished = true;
        return;
    }
    mp_gc_is_wished = false;
#endif
    size_t allocated_bytes = MP_STATE_MEM(gc_alloc_amount) * MICROPY_BYTES_PER_GC_BLOCK;
    gc_collect_start();
    scan_registers();
    gc_collect_end();
    put_rescued_back();
#if WEFT_TEST_BUILD
    collections++;
    poison();
#endif
    grow(allocated_bytes);
#if MICROPY_GC_AT_SAFE_POINTS
    ask_in_time();
#endif
}
