// The features of a text, hashed into a fixed number of dimensions (weft_features.c).
#ifndef WEFT_FEATURES_H
#define WEFT_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Adds the weights of a text's features to `sums`, which are zero. False without memory.
bool weft_features(const uint8_t *key, const uint8_t *text, size_t size_bytes, int32_t *sums, size_t dimensions);

#endif
