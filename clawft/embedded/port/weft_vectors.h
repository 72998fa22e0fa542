// An index over vectors of whole numbers, as weft_vectors.c (the module `_vectors`), weft_graph.c and weft_dot.c share it.
#ifndef WEFT_VECTORS_H
#define WEFT_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Of the graph: links of a vector on the levels above the lowest, on the lowest, and how many levels there may be. A
// vector is on the next level with a probability of 1 / LINKS, which makes it four bits of a hash a level.
enum { LINKS = 16, LOWEST_LINKS = 2 * LINKS, MOST_LEVELS = 8 };
enum { MOST_DIMENSIONS = 4096, SCALE_BYTES = 4, KEY_BYTES = 16 };

// The distance of two vectors is own(i) + own(j) - cross(i) * cross(j) * (the product of their whole numbers):
//   cosine  1/2, 1 / length          product of the vectors  0, scale          L2, squared  scale^2 * length^2, sqrt(2) * scale
typedef struct {
    double own;
    double cross;
} weft_terms;

typedef struct {
    double distance;
    uint32_t slot;
    bool is_done; // looked at, or taken
} weft_near;

// Vectors lie one behind the other, without holes; a slot is a place in that row. All of it is malloc'ed, and holds no
// Python object: what is on the heap is read by every collection as if it were pointers.
typedef struct {
    size_t dimensions;
    uint32_t metric;
    uint8_t key[KEY_BYTES];
    uint32_t count;
    uint32_t room;
    int8_t *numbers;
    float *scales;
    weft_terms *terms;
    // The graph has the slots below `linked`. Of each: its highest level, and its links, on each level a count and then
    // room for the most that there may be: `lowest` is one row of them, `upper` one block for each slot that has more.
    uint32_t linked;
    uint32_t entry;
    uint8_t *levels;
    uint32_t *lowest;
    uint32_t **upper;
} weft_index;

// ---- weft_dot.c

int32_t weft_dot(const int8_t *one, const int8_t *other, size_t count);

// ---- weft_vectors.c

static inline const int8_t *weft_numbers(const weft_index *index, uint32_t slot) {
    return index->numbers + (size_t)slot * index->dimensions;
}
double weft_distance(const weft_index *index, const int8_t *numbers, const weft_terms *terms, uint32_t slot);
// Puts one into a row sorted by distance, behind those as near, which may lose its last one for it: it holds at most
// `limit`. Returns the place, `limit` if it is too far.
size_t weft_put_near(weft_near *row, size_t *count, size_t limit, double distance, uint32_t slot);

// ---- weft_siphash.c

uint64_t weft_siphash(const uint8_t key[KEY_BYTES], const uint8_t *data, size_t size_bytes);

// ---- weft_graph.c. What answers false has run out of memory, and changed nothing that could be seen.

// Room for the graph of `room` vectors.
bool weft_graph_room(weft_index *index, uint32_t room);
// Links the first vector that is not in the graph.
bool weft_graph_add(weft_index *index);
// Takes a vector out of the graph, which must have them all, and gives its slot to the last one.
void weft_graph_remove(weft_index *index, uint32_t slot);
void weft_graph_drop(weft_index *index);
// The nearest ones, sorted, in `row`, which has room for `effort`; how many, 0 without memory.
size_t weft_graph_search(const weft_index *index, const int8_t *numbers, const weft_terms *terms, weft_near *row,
    size_t effort);
// The graph as bytes: with `out` NULL only their number.
size_t weft_graph_save(const weft_index *index, uint8_t *out);
// Takes a graph of all vectors. 1: it is whole; 0: it is not one that weft_graph_save could have made; -1: no memory.
int weft_graph_load(weft_index *index, const uint8_t *data, size_t size_bytes);

#endif
