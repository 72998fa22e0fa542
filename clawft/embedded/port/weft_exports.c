// What a WebAssembly host may call besides `_start`: init(), process_message() and capabilities(), answered by
// clawft/embedded/exports.py.
//
//   allocate(size) -> pointer, 0 without memory    release(pointer)
//   init() -> 0 once the agent is ready to answer, else the exit code that `weft` would have ended with
//   capabilities() -> result    process_message(text, size, session, size) -> result; no session: size 0
//
// A result is one i64: the pointer to JSON in UTF-8 in its upper 32 bits, the size in bytes in its lower ones. It is valid
// until the next call. 0: there was no memory for it.
#if defined(__wasi__)
#include <stdlib.h>
#include <string.h>

#include "py/cstack.h"
#include "py/gc.h"
#include "weft_exports.h"

#define EXPORT(name) __attribute__((export_name(name)))

static bool is_begun;
static char *result;

EXPORT("allocate") void *weft_export_allocate(size_t size_bytes) {
    return malloc(size_bytes);
}

EXPORT("release") void weft_export_release(void *pointer) {
    free(pointer);
}

MP_NOINLINE mp_obj_t weft_export_call(const char *module_name, qstr name, size_t count, const mp_obj_t *arguments) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        return mp_const_none;
    }
    mp_obj_t level = MP_OBJ_NEW_SMALL_INT(0);
    mp_obj_t names[] = {MP_OBJ_NEW_QSTR(name)};
    mp_obj_t module = mp_import_name(qstr_from_str(module_name), mp_obj_new_tuple(1, names), level);
    mp_obj_t function = mp_load_attr(module, name);
#if MICROPY_GC_AT_SAFE_POINTS
    mp_gc_is_python_call = true; // the arguments are in memory, and nothing else is held here
#endif
    mp_obj_t result = mp_call_function_n_kw(function, count, 0, arguments);
    nlr_pop();
    return result;
}

static mp_obj_t called(qstr name, size_t count, const mp_obj_t *arguments) {
    return weft_export_call("clawft.embedded.exports", name, count, arguments);
}

void weft_export_begin(char *top) {
    mp_cstack_init_with_top(top, WEFT_STACK_BYTES);
    if (!is_begun) {
        is_begun = true;
        static char *arguments[] = {(char *)"weft", NULL};
        weft_begin(1, arguments);
        mp_obj_list_init(MP_OBJ_TO_PTR(mp_sys_path), 0);
        mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR__dot_frozen));
    }
}

// Copied out of the heap, where the next collection would take it.
static uint64_t result_of(mp_obj_t text) {
    free(result);
    result = NULL;
    if (!mp_obj_is_str(text)) {
        return 0;
    }
    size_t size;
    const char *data = mp_obj_str_get_data(text, &size);
    result = malloc(size + 1);
    if (result == NULL) {
        return 0;
    }
    memcpy(result, data, size + 1);
    return (uint64_t)(uintptr_t)result << 32 | (uint32_t)size;
}

EXPORT("init") int32_t weft_export_init(void) {
    char top = 0;
    weft_export_begin(&top);
    mp_obj_t code = called(MP_QSTR_init, 0, NULL);
    return mp_obj_is_small_int(code) ? (int32_t)MP_OBJ_SMALL_INT_VALUE(code) : 1;
}

EXPORT("capabilities") uint64_t weft_export_capabilities(void) {
    char top = 0;
    weft_export_begin(&top);
    return result_of(called(MP_QSTR_capabilities, 0, NULL));
}

MP_NOINLINE static mp_obj_t process(const char *text, size_t text_bytes, const char *session, size_t session_bytes) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        return mp_const_none;
    }
    mp_obj_t arguments[2] = {mp_const_none, mp_const_none};
    arguments[0] = weft_text_or_bytes(text, text_bytes);
    arguments[1] = weft_text_or_bytes(session, session_bytes);
    mp_obj_t result = called(MP_QSTR_process_message, 2, arguments);
    nlr_pop();
    return result;
}

EXPORT("process_message")
uint64_t weft_export_process_message(
    const char *text, size_t text_bytes, const char *session, size_t session_bytes) {
    char top = 0;
    weft_export_begin(&top);
    return result_of(process(text, text_bytes, session, session_bytes));
}
#else
typedef int weft_no_exports; // a translation unit may not be empty
#endif
