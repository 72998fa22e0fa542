// The product of two rows of small whole numbers: what every search spends its time with. Compiled for speed, where all
// else is compiled for size (tools/micropython.py), in a form that compilers turn into instructions for many at once.
#include "weft_vectors.h"

int32_t weft_dot(const int8_t *one, const int8_t *other, size_t count) {
    int32_t sum = 0; // of at most MOST_DIMENSIONS times 128 * 128
    for (size_t i = 0; i < count; i++) {
        sum += (int32_t)one[i] * other[i];
    }
    return sum;
}
