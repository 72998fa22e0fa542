// The interface clawft:weft/agent of a component (weft.wit): the module's exports, lifted by the canonical ABI.
#if WEFT_COMPONENT
#include <stdlib.h>

#include "weft_exports.h"
#include "weft_wasi_http.h"

// The text stays the module's until the next call, so that there is nothing to give back after a return.
static wasi_list *text_of(uint64_t result) {
    static wasi_list text;
    if (result == 0) {
        weft_die("weft: out of memory: none is left for an answer\n");
    }
    text.data = (uint8_t *)(uintptr_t)(result >> 32);
    text.size = (uint32_t)result;
    return &text;
}

WASI_EXPORT("clawft:weft/agent#init") int32_t weft_component_init(void) {
    return weft_export_init();
}

WASI_EXPORT("clawft:weft/agent#capabilities") wasi_list *weft_component_capabilities(void) {
    return text_of(weft_export_capabilities());
}

WASI_EXPORT("clawft:weft/agent#process-message")
wasi_list *weft_component_process_message(char *text, size_t text_bytes, char *session, size_t session_bytes) {
    uint64_t result = weft_export_process_message(text, text_bytes, session, session_bytes);
    wasi_free(text, text_bytes);
    wasi_free(session, session_bytes);
    return text_of(result);
}
#else
typedef int weft_no_component_exports; // a translation unit may not be empty
#endif
