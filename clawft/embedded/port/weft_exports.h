// What the files share that answer a WebAssembly host's calls.

#ifndef WEFT_EXPORTS_H
#define WEFT_EXPORTS_H

#include "weft.h"

// Makes MicroPython ready for a call. `top` is above everything that is called: the stack is scanned from there.
void weft_export_begin(char *top);
// Calls a function of a frozen module. None where it raised, which none of them ever does: there was no memory for more.
mp_obj_t weft_export_call(const char *module, qstr name, size_t count, const mp_obj_t *arguments);

// The exports of the module, which those of the component are made of.
int32_t weft_export_init(void);
uint64_t weft_export_capabilities(void);
uint64_t weft_export_process_message(
    const char *text, size_t text_bytes, const char *session, size_t session_bytes);

#endif
