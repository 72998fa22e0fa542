// Modules that stay deflated until they are imported; MicroPython's import asks for them (patch 0006).
#ifndef WEFT_PACKED_H
#define WEFT_PACKED_H

#include "py/persistentcode.h"

// First the blocks: three bytes for the size inflated, low byte first, then deflated .mpy files, one or many. Behind them
// nine bytes for each module, which the table of frozen modules points to: where its block begins, where in the inflated
// block it is, and its size. Made by tools/packing.py.
extern const byte mp_packed_bytes[];
extern const size_t mp_packed_size;

// Inflates and loads one into module->context. ImportError if it is damaged.
void weft_packed_load(const byte *row, mp_compiled_module_t *module);

#endif
