// The Python module `_weft`: all the agent's runtime knows of the system. This file lists the functions and has those
// that need no file of their own.
//
// Waitable things are small ints (handles); no call blocks but wait(), write_fd() and what the file system takes.
//
//   process   args() -> tuple of str (bytes where not UTF-8)    environ() -> dict, of the same
//             exit(code)    system() -> "linux" | "macos" | "windows" | "wasi"    target() -> str    versions() -> dict
//   time      now() -> float, Unix time in seconds    monotonic_ms() -> int
//   random    random(n) -> bytes, from the system's cryptographic generator
//   network   see weft_network_functions.h
//   output    write_fd(fd, data): all of it, blocking; OSError(EPIPE) when nobody reads
//   terminal  is_terminal(fd) -> bool    width() -> int, 80 where none is known    raw_mode(is_on)
//
//   files     OSError(errno, text). Names are str (bytes too); `fd`s are ints. facts = (kind, size, modified_s as float,
//             device, inode, links, mode), kind = "file" | "folder" | "link" | "other".
//             open(path, flags, mode) -> fd    O_RDONLY O_WRONLY O_RDWR O_APPEND O_CREAT O_EXCL O_TRUNC O_NOFOLLOW
//             O_DIRECTORY O_NONBLOCK O_NOCTTY, 0 where the system has none    fd_close(fd)
//             fd_read(fd, n), fd_pread(fd, n, offset) -> bytes, maybe fewer, b"" at the end
//             fd_write(fd, data) -> int, maybe fewer    fd_sync(fd): data and size are on the disk
//             sync_all(fds) -> tuple: None where that one is on the disk, else (errno, text); all at once
//             truncate(fd, size)    lock(fd) -> bool, exclusive, without waiting; given up with the last descriptor
//             stat(path, follow), fstat(fd) -> facts    mkdir(path, mode)    rmdir(path)    unlink(path)
//             rename(path, target): replaces, durably on Windows    link(path, target): EEXIST if that is there
//             listdir(path or fd) -> list of (name, kind), unsorted    realpath(path) -> str    home() -> str
//             openat(fd, name, flags, mode) -> fd    statat(fd, name, follow) -> facts    unlinkat(fd, name)
//             renameat(fd, name, fd, name): names are relative to a folder, or paths where that is HERE: always on Windows
//             not on Windows: mkdirat(fd, name, mode)    folder_sync(fd): the names in it are on the disk
//             open_beneath(fd, path, flags) -> fd, of openat2 without links; None where there is none or it will not
//             fchmod(fd, mode)    readlinkat(fd, name) -> str (bytes where not UTF-8)    is_writable(fd, name) -> bool
//
//   children  spawn(argv, cwd or None, ("NAME=value", ...) or None, flags, ((limit, int), ...), program=argv[0] or None,
//             source=None, confinement=None)
//             -> (process, input or -1, output, errors or -1), all handles; OSError says if the folder, the limits or the
//             program failed    SPAWN_INPUT: a pipe instead of the null device    SPAWN_JOINED: errors go to output
//             source: the output or errors of another child, which it reads instead of a pipe of ours; close it then
//             confinement: as weft_confine.h has it    confinement_of_system() -> (Landlock's version or 0, the machine
//             whose system calls can be filtered or "")    Windows: neither, and no program
//             limits: "cpu_s" "memory_bytes" "file_bytes" "files" "processes" "core_bytes"
//             exit_status(process) -> None while it runs | int, below 0 the signal that ended it; ready when it ended
//             kill(process, signal): its whole group    close(process): kills the whole group, whatever still runs
//
//   handles   wait(timeout_ms, handles=all) -> tuple of those that are ready, () when the time is over (-1: never is);
//             one that is closed counts as ready, and reading it says EBADF
//             close(h)    read(h, limit) -> None (nothing yet) | b"" (the end) | bytes
//             write(h, data) -> int taken (0: full for now)
//             want_read(h, is_wanted), want_write(h, is_wanted): what wait() reports a handle for; reading only, at first
//             standard_input() -> h, signals() -> h: always the same one while it is open; reading signals gives a byte
//             for each: 2 interrupt, 15 terminate
#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "py/objtuple.h"
#include "weft.h"
#include "weft_flags.h"
#include "weft_process.h"

// A build without libcurl, for trying out the rest.
#if !defined(WEFT_WITHOUT_NETWORK) && !defined(__wasi__)
#define WEFT_HAS_LIBCURL 1
#include <curl/curlver.h>
#include <mbedtls/build_info.h>

#include "weft_network_functions.h"

// The date of the embedded roots, from the generated file that holds them.
extern const char weft_roots_version[];
#endif
#include "weft_network_functions.h"

#if defined(_WIN32)
#include <windows.h>
#define WEFT_SYSTEM "windows"
#define WEFT_ABI "-gnu"
#elif defined(__APPLE__)
#define WEFT_SYSTEM "macos"
#define WEFT_ABI ""
#elif defined(__wasi__)
#include <wasi/libc-environ.h>
#define WEFT_SYSTEM "wasi"
#define WEFT_ABI ""
#else
#define WEFT_SYSTEM "linux"
#define WEFT_ABI "-musl"
#endif

// As the targets are called in tools/targets.toml: from what the compiler says, so that no object of a library
// depends on a name.
#if defined(__wasi__)
#define WEFT_MACHINE "wasm32"
#elif defined(__aarch64__)
#define WEFT_MACHINE "aarch64"
#else
#define WEFT_MACHINE "x86_64"
#endif
#define WEFT_TARGET WEFT_MACHINE "-" WEFT_SYSTEM WEFT_ABI

static int argument_count;
static char **argument_texts;

void weft_set_arguments(int count, char **arguments) {
    argument_count = count;
    argument_texts = arguments;
}

static mp_obj_t weft_args(void) {
    mp_obj_tuple_t *all = MP_OBJ_TO_PTR(mp_obj_new_tuple((size_t)argument_count, NULL));
    for (int i = 0; i < argument_count; i++) {
        all->items[i] = mp_const_none; // nothing unset when a collection happens below
    }
    for (int i = 0; i < argument_count; i++) {
        all->items[i] = weft_text_or_bytes(argument_texts[i], strlen(argument_texts[i]));
    }
    return MP_OBJ_FROM_PTR(all);
}
static WEFT_0(args);

static void store_variable(mp_obj_t all, const char *entry) {
    // Windows keeps the current folder of each drive as variables whose names begin with '='.
    const char *equals = strchr(entry + (*entry == '='), '=');
    if (equals == NULL || *entry == '=') {
        return;
    }
    mp_obj_t name = weft_text_or_bytes(entry, (size_t)(equals - entry));
    // The first of two equal names wins, as in getenv().
    if (mp_map_lookup(mp_obj_dict_get_map(all), name, MP_MAP_LOOKUP) == NULL) {
        mp_obj_dict_store(all, name, weft_text_or_bytes(equals + 1, strlen(equals + 1)));
    }
}

#if defined(_WIN32)
static mp_obj_t weft_environ(void) {
    mp_obj_t all = mp_obj_new_dict(0);
    wchar_t *block = GetEnvironmentStringsW();
    for (const wchar_t *entry = block; entry != NULL && *entry != 0; entry += wcslen(entry) + 1) {
        char *text = weft_narrow(entry);
        if (text != NULL) {
            nlr_buf_t nlr;
            if (nlr_push(&nlr) == 0) {
                store_variable(all, text);
                nlr_pop();
                free(text);
            } else {
                free(text);
                FreeEnvironmentStringsW(block);
                nlr_jump(nlr.ret_val);
            }
        }
    }
    FreeEnvironmentStringsW(block);
    return all;
}
#else
#if !defined(__wasi__)
extern char **environ;
#endif

static mp_obj_t weft_environ(void) {
    mp_obj_t all = mp_obj_new_dict(0);
#if defined(__wasi__)
    char **environ = __wasilibc_get_environ(); // which asks the host, as only `_start` has done before
#endif
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        store_variable(all, *entry);
    }
    return all;
}
#endif
static WEFT_0(environ);

static mp_obj_t weft_exit(mp_obj_t code) {
    mp_int_t number = mp_obj_get_int(code);
    weft_end();
    exit((int)(number & 0xff));
}
static WEFT_1(exit);

static mp_obj_t weft_system(void) {
    return MP_OBJ_NEW_QSTR(qstr_from_str(WEFT_SYSTEM));
}
static WEFT_0(system);

static mp_obj_t weft_target(void) {
    return mp_obj_new_str_from_cstr(WEFT_TARGET);
}
static WEFT_0(target);

static mp_obj_t weft_versions(void) {
    mp_obj_t all = mp_obj_new_dict(0);
    mp_obj_dict_store(all, MP_OBJ_NEW_QSTR(MP_QSTR_MicroPython), mp_obj_new_str_from_cstr(MICROPY_VERSION_STRING));
#if WEFT_HAS_LIBCURL
    mp_obj_dict_store(all, MP_OBJ_NEW_QSTR(MP_QSTR_libcurl), mp_obj_new_str_from_cstr(LIBCURL_VERSION));
    mp_obj_dict_store(all, mp_obj_new_str_from_cstr("mbedTLS"), mp_obj_new_str_from_cstr(MBEDTLS_VERSION_STRING));
    mp_obj_dict_store(all, mp_obj_new_str_from_cstr("roots"), mp_obj_new_str_from_cstr(weft_roots_version));
#endif
    return all;
}
static WEFT_0(versions);

static mp_obj_t weft_now(void) {
    return mp_obj_new_float((mp_float_t)(mp_hal_time_ns() / 1000u) / 1e6);
}
static WEFT_0(now);

static mp_obj_t weft_monotonic(void) {
    return mp_obj_new_int_from_ll(weft_monotonic_ms());
}
static WEFT_0(monotonic);

static mp_obj_t weft_random_bytes(mp_obj_t count) {
    mp_int_t size_bytes = mp_obj_get_int(count);
    if (size_bytes < 0) {
        mp_raise_ValueError(NULL);
    }
    vstr_t bytes;
    vstr_init_len(&bytes, (size_t)size_bytes);
    int failure = weft_random(bytes.buf, (size_t)size_bytes);
    if (failure != 0) {
        weft_raise_errno(failure);
    }
    return mp_obj_new_bytes_from_vstr(&bytes);
}
static WEFT_1(random_bytes);

// Everything in the module that a file of its own defines: X(name) of a fixed number of arguments, V(name) of others.
#if defined(_WIN32)
#define ONLY_WITH_FOLDER_DESCRIPTORS(X, V)
#else
#define ONLY_WITH_FOLDER_DESCRIPTORS(X, V) \
    X(folder_sync) X(fchmod) X(is_writable) X(mkdirat) X(open_beneath) X(readlinkat)
#endif
#if defined(__wasi__)
#define NOT_IN_A_SANDBOX(X, V)
#else
#define NOT_IN_A_SANDBOX(X, V) V(spawn) X(exit_status) X(kill) X(confinement_of_system)
#endif
#if WEFT_TEST_BUILD
#define ONLY_IN_TEST_BUILDS(X, V) X(collections)
#else
#define ONLY_IN_TEST_BUILDS(X, V)
#endif
#define FUNCTIONS(X, V) \
    X(write_fd) X(is_terminal) X(width) X(raw_mode) \
    V(wait) X(close) X(read) X(write) X(want_read) X(want_write) X(standard_input) X(signals) \
    X(open) X(fd_close) X(fd_read) X(fd_pread) X(fd_write) X(fd_sync) X(sync_all) X(truncate) X(lock) X(stat) X(fstat) \
    X(mkdir) X(rename) X(link) X(unlink) X(rmdir) X(realpath) X(home) X(listdir) \
    V(openat) X(statat) V(renameat) X(unlinkat) \
    NOT_IN_A_SANDBOX(X, V) \
    ONLY_IN_TEST_BUILDS(X, V) \
    ONLY_WITH_FOLDER_DESCRIPTORS(X, V)

#define DECLARE_FIXED(name) extern const mp_obj_fun_builtin_fixed_t weft_##name##_obj;
#define DECLARE_VARIABLE(name) extern const mp_obj_fun_builtin_var_t weft_##name##_obj;
FUNCTIONS(DECLARE_FIXED, DECLARE_VARIABLE)

// clang-format off
#define ENTRY(name, function) {MP_ROM_QSTR(MP_QSTR_##name), MP_ROM_PTR(&weft_##function##_obj)},
#define ENTRY_OF(name) {MP_ROM_QSTR(MP_QSTR_##name), MP_ROM_PTR(&weft_##name##_obj)},
#define FLAG(name) {MP_ROM_QSTR(MP_QSTR_##name), MP_ROM_INT(WEFT_##name)},
static const mp_rom_map_elem_t weft_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__weft)},
    ENTRY_OF(args)
    ENTRY(environ, environ) // not ENTRY_OF: on Windows environ is a macro
    ENTRY_OF(exit)
    ENTRY_OF(system)
    ENTRY_OF(target)
    ENTRY_OF(versions)
    ENTRY_OF(now)
    ENTRY(monotonic_ms, monotonic)
    ENTRY(random, random_bytes)
    FUNCTIONS(ENTRY_OF, ENTRY_OF)
    FLAG(O_RDONLY) FLAG(O_WRONLY) FLAG(O_RDWR) FLAG(O_APPEND) FLAG(O_CREAT) FLAG(O_EXCL) FLAG(O_TRUNC)
    FLAG(SPAWN_INPUT) FLAG(SPAWN_JOINED)
    FLAG(O_NOFOLLOW) FLAG(O_DIRECTORY) FLAG(O_NONBLOCK) FLAG(O_NOCTTY) FLAG(HERE)
#if !defined(WEFT_WITHOUT_NETWORK)
    WEFT_NETWORK_ENTRIES
#endif
};
// clang-format on
static MP_DEFINE_CONST_DICT(weft_globals, weft_globals_table);

const mp_obj_module_t weft_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&weft_globals,
};

MP_REGISTER_MODULE(MP_QSTR__weft, weft_module);
