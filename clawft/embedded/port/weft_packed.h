// Modules that stay deflated until they are imported; MicroPython's import asks for them (patch 0006).
#ifndef WEFT_PACKED_H
#define WEFT_PACKED_H

#include "py/persistentcode.h"

// All of them, one behind the other: three bytes for the size inflated, low byte first, then the deflated .mpy file.
// Made by tools/packing.py.
extern const byte mp_packed_bytes[];
extern const size_t mp_packed_size;

// Inflates and loads one into module->context. ImportError if it is damaged.
void weft_packed_load(const byte *packed, mp_compiled_module_t *module);

#endif
