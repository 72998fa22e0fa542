// Starts MicroPython, calls main() of the frozen module `main` and turns how it ended into an exit code and a message.
//
// The test build (WEFT_TEST_BUILD) has the compiler in: it runs the script given as its first argument instead,
// with that script's folder on sys.path.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if WEFT_TEST_BUILD
#include "extmod/vfs.h"
#include "extmod/vfs_posix.h"
#endif
#include "py/builtin.h"
#include "py/compile.h"
#include "py/cstack.h"
#include "py/frozenmod.h"
#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/pystack.h"
#include "weft.h"

// The heap grows by doubling up to the ceiling, which an environment variable may set.
#if defined(__wasi__)
#define HEAP_LIMIT_BYTES ((size_t)64 * 1024 * 1024)
#else
#define HEAP_LIMIT_BYTES ((size_t)512 * 1024 * 1024)
#endif
static const char HEAP_LIMIT_VARIABLE[] = "WEFT_HEAP_LIMIT_BYTES";
// Frames of Python functions live here, apart from the C stack: some 1,000 calls deep.
#define PYSTACK_BYTES (128 * 1024)
// More is not used even if the system gives it: recursion ends with a RuntimeError well before.
#if defined(__wasi__)
#define C_STACK_BYTES WEFT_STACK_BYTES
#else
#define C_STACK_BYTES (512 * 1024)
#endif

static mp_obj_t pystack[PYSTACK_BYTES / sizeof(mp_obj_t)];

enum { EXIT_FAILED = 1, EXIT_INTERRUPTED = 130 };

static int code_of_system_exit(mp_obj_t exception) {
    mp_obj_t value = mp_obj_exception_get_value(exception);
    if (value == mp_const_none) {
        return 0;
    }
    mp_int_t code;
    if (mp_obj_get_int_maybe(value, &code)) {
        return (int)(code & 0xff);
    }
    mp_obj_print_helper(&mp_stderr_print, value, PRINT_STR);
    mp_print_str(&mp_stderr_print, "\n");
    return EXIT_FAILED;
}

static int code_of_exception(mp_obj_t exception) {
    mp_obj_t type = MP_OBJ_FROM_PTR(mp_obj_get_type(exception));
    if (mp_obj_is_subclass_fast(type, MP_OBJ_FROM_PTR(&mp_type_SystemExit))) {
        return code_of_system_exit(exception);
    }
    if (mp_obj_is_subclass_fast(type, MP_OBJ_FROM_PTR(&mp_type_KeyboardInterrupt))) {
        return EXIT_INTERRUPTED;
    }
    if (mp_obj_is_subclass_fast(type, MP_OBJ_FROM_PTR(&mp_type_MemoryError))) {
        mp_printf(&mp_stderr_print,
            "weft: out of memory: more than %u MB would be needed, or the system has no more; "
            "set %s to allow more\n",
            (unsigned)(weft_heap_limit() / (1024 * 1024)), HEAP_LIMIT_VARIABLE);
    }
    mp_obj_print_exception(&mp_stderr_print, exception);
    return EXIT_FAILED;
}

// Nothing that this calls is held by C alone.
static mp_obj_t call_main(mp_obj_t function) {
#if MICROPY_GC_AT_SAFE_POINTS
    mp_gc_is_python_call = true;
#endif
    return mp_call_function_0(function);
}

#if WEFT_TEST_BUILD
// For scripts; the agent's own files go through _weft.
static void mount_files(void) {
    mp_obj_t arguments[2] = {
        MP_OBJ_TYPE_GET_SLOT(&mp_type_vfs_posix, make_new)(&mp_type_vfs_posix, 0, 0, NULL),
        MP_OBJ_NEW_QSTR(MP_QSTR__slash_),
    };
    mp_vfs_mount(2, arguments, (mp_map_t *)&mp_const_empty_map);
    // Not by chdir("/"), which would change the folder of the process.
    MP_STATE_VM(vfs_cur) = MP_STATE_VM(vfs_mount_table);
}

static void run_script(char *path) {
    char *slash = strrchr(path, '/');
    mp_obj_t folder = slash == NULL ? MP_OBJ_NEW_QSTR(MP_QSTR_) : mp_obj_new_str(path, (size_t)(slash - path));
    mp_obj_list_append(mp_sys_path, folder);
    mp_lexer_t *lexer = mp_lexer_new_from_file(qstr_from_str(path));
    qstr source = lexer->source_name;
    mp_store_global(MP_QSTR___file__, MP_OBJ_NEW_QSTR(source));
    mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
    call_main(mp_compile(&tree, source, false));
}
#endif

#if !MICROPY_VFS
// All modules are frozen, and the agent's files go through `_weft`.
mp_import_stat_t mp_import_stat(const char *path) {
    (void)path;
    return MP_IMPORT_STAT_NO_EXIST;
}

static mp_obj_t no_open(size_t count, const mp_obj_t *arguments, mp_map_t *named) {
    (void)count, (void)arguments, (void)named;
    mp_raise_OSError(MP_EPERM);
}
MP_DEFINE_CONST_FUN_OBJ_KW(mp_builtin_open_obj, 1, no_open);
#endif

static int run(int count, char **arguments) {
    mp_obj_list_init(MP_OBJ_TO_PTR(mp_sys_argv), 0);
    for (int i = WEFT_TEST_BUILD && count > 1 ? 1 : 0; i < count; i++) {
        mp_obj_list_append(mp_sys_argv, weft_text_or_bytes(arguments[i], strlen(arguments[i])));
    }
#if WEFT_TEST_BUILD
    mount_files();
    if (count > 1) {
        run_script(arguments[1]);
        return 0;
    }
#else
    // Nothing is ever imported from the folder where the user happens to be.
    mp_obj_list_init(MP_OBJ_TO_PTR(mp_sys_path), 0);
    mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR__dot_frozen));
#endif
    mp_obj_t module = mp_import_name(MP_QSTR_main, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    mp_int_t code = 0;
    mp_obj_get_int_maybe(call_main(mp_load_attr(module, MP_QSTR_main)), &code);
    return (int)(code & 0xff);
}

static size_t heap_limit(void) {
    const char *text = getenv(HEAP_LIMIT_VARIABLE);
    if (text != NULL) {
        char *end;
        unsigned long long wanted = strtoull(text, &end, 10);
        if (end != text && *end == '\0' && wanted >= WEFT_FIRST_HEAP_BYTES && wanted <= SIZE_MAX / 2) {
            return (size_t)wanted;
        }
    }
    return HEAP_LIMIT_BYTES;
}

void weft_begin(int count, char **arguments) {
    weft_start_streams();
    weft_set_arguments(count, arguments);
    weft_heap_start(heap_limit());
    mp_pystack_init(pystack, &pystack[MP_ARRAY_SIZE(pystack)]);
    // Who chooses the keys of a dict, such as a server's JSON, must not be able to choose where they collide.
    (void)weft_random(&mp_map_hash_seed, sizeof(mp_map_hash_seed));
    mp_init();
    weft_start_signals();
}

// Apart from main(), so that every object of ours lies below the top of the stack that is scanned.
MP_NOINLINE static int start(int count, char **arguments) {
    weft_begin(count, arguments);
    volatile int code = 0;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        code = run(count, arguments);
        nlr_pop();
    } else {
        nlr_buf_t nlr_report;
        // Printing may itself run out of memory or be interrupted.
        if (nlr_push(&nlr_report) == 0) {
            code = code_of_exception(MP_OBJ_FROM_PTR(nlr.ret_val));
            nlr_pop();
        } else {
            code = EXIT_FAILED;
        }
    }
    weft_end();
    return code;
}

int main(int count, char **arguments) {
    mp_cstack_init_with_sp_here(weft_stack_bytes(C_STACK_BYTES));
    return start(count, weft_utf8_arguments(&count, arguments));
}

NORETURN void nlr_jump_fail(void *value) {
    (void)value;
    weft_die("weft: an exception was raised where none can be handled\n");
}
