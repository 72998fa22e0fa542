// What the C files of the module `_weft` share: errors, buffers, and how functions are declared.
#ifndef WEFT_H
#define WEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "py/obj.h"
#include "py/runtime.h"

#ifndef MP_NORETURN // its name in later releases of MicroPython
#define MP_NORETURN NORETURN
#endif

// ---- main.c, collect.c

// Writes to standard error and ends the program with status 1, without allocating.
MP_NORETURN void weft_die(const char *message);
// What the heap has at first.
#define WEFT_FIRST_HEAP_BYTES (256 * 1024)
#if defined(__wasi__)
// Of the 256 KB that the linker reserves.
#define WEFT_STACK_BYTES (224 * 1024)
#endif
// Makes MicroPython ready: streams, heap, names, signals.
void weft_begin(int count, char **arguments);
void weft_heap_start(size_t limit_bytes);
size_t weft_heap_limit(void);

// ---- weft_system.c, weft_windows.c: the start and end of the process

// Standard streams that were closed are opened on the null device, so that no file of ours gets their numbers.
void weft_start_streams(void);
// The arguments as UTF-8 (as they are where they are bytes); `count` is changed with them.
char **weft_utf8_arguments(int *count, char **arguments);
void weft_set_arguments(int count, char **arguments);
// How much C stack may be used, at most `most_bytes`.
size_t weft_stack_bytes(size_t most_bytes);
// Gives the terminal back as it was found; children and connections end with their handles.
void weft_end(void);

// ---- weft_system.c, weft_windows.c: errors and text

// Raises OSError(number, text of the system). On Windows `number` is an errno too.
MP_NORETURN void weft_raise_errno(int number);
// The same with what it was about in front of the text.
MP_NORETURN void weft_raise_errno_of(int number, const char *what);
// A str if the bytes are UTF-8, else the bytes themselves.
mp_obj_t weft_text_or_bytes(const char *data, size_t size_bytes);
// A str in any case; bytes that are not UTF-8 become U+FFFD.
mp_obj_t weft_text_lossy(const char *text);
// A str of as many characters as bytes, which is what HTTP's headers are to us, as on CPython.
mp_obj_t weft_text_latin1(const char *data, size_t size_bytes, bool is_lowered);
// As weft_text_or_bytes, of a malloc'ed string that is freed, also when it raises.
mp_obj_t weft_text_and_free(char *text);
// The bytes of a str or bytes object without a NUL inside; ValueError otherwise. Valid while `text` is.
const char *weft_path(mp_obj_t text);
#if defined(_WIN32)
#include <wchar.h>
// Both make a new string that the caller frees with free(); NULL when out of memory.
wchar_t *weft_wide(const char *utf8);
char *weft_narrow(const wchar_t *wide);
// The errno nearest to a GetLastError() value.
int weft_errno_from_windows(unsigned long error);
// Raises OSError from GetLastError().
MP_NORETURN void weft_raise_last_error(void);
#endif

// ---- weft_wait.c: waitable things and the one wait point

typedef struct weft_handle weft_handle;

// What a kind of handle does. Every function may be NULL: then the thing cannot be done (EBADF), or never is.
typedef struct {
    const char *name;
    // The poll() events the handle now wants on its descriptor (`fd`), 0 for none.
    short (*events)(weft_handle *self);
    // True while there is something to read, to write or a result to take. `seen`: the events poll() reported for
    // `fd` just now, 0 if it was not asked. Must be quick and must not raise. A thread or a signal may make it true at
    // any moment, so that the next call need not say the same.
    bool (*is_ready)(weft_handle *self, short seen);
    // None: nothing yet. b"": the end. OSError or _weft.TransportError.
    mp_obj_t (*read)(weft_handle *self, size_t limit_bytes);
    // How many bytes were taken; 0: full for now.
    size_t (*write)(weft_handle *self, const uint8_t *data, size_t size_bytes);
    // Gives everything back but the handle's own memory, which weft_wait.c frees. Must not raise.
    void (*close)(weft_handle *self);
} weft_kind;

// Kinds put this first in a structure of their own. The memory is malloc'ed (weft_handle_new) and not scanned by
// the collector: a handle may not hold Python objects.
struct weft_handle {
    const weft_kind *kind;
    int number;
    bool is_read_wanted;  // want_read(handle, ...); true from the start
    bool is_write_wanted; // want_write(handle, ...); false from the start
    bool is_asked;        // the wait that is going on is for this one too
    intptr_t fd;          // what poll() watches: a descriptor, on Windows a SOCKET; -1 for none
};

// A new, zeroed handle of `size_bytes` (of the kind's own structure) with fd -1. Raises MemoryError or OSError(EMFILE).
void *weft_handle_new(const weft_kind *kind, size_t size_bytes);
// The handle of a Python integer, of that kind (any if NULL). Raises OSError(EBADF) for a closed or another one.
void *weft_handle_get(mp_obj_t number, const weft_kind *kind);
// Closes and frees. Never raises.
void weft_handle_close(weft_handle *self);
static inline mp_obj_t weft_handle_object(void *self) {
    return MP_OBJ_NEW_SMALL_INT(((weft_handle *)self)->number);
}

// Ends the wait that is going on or comes next: from any thread and from signal handlers.
void weft_wake(void);
// Milliseconds since some moment; never goes back.
int64_t weft_monotonic_ms(void);

#if !defined(_WIN32)
// A pipe whose ends close at exec; 0, or -1 and errno.
int weft_make_pipe(int ends[2]);
// A handle over a pipe or socket descriptor that is non-blocking already: reads, writes, and is closed with close().
// Takes the descriptor over, also when it raises.
weft_handle *weft_handle_from_fd(int fd);
#endif

// How network code joins the wait point; it calls weft_wait_join when it starts.
typedef struct {
    intptr_t fd;
    short events; // POLLIN | POLLOUT of poll()
} weft_watched;
typedef struct {
    // Does whatever can be done without waiting (curl_multi_perform and taking its messages).
    void (*perform)(void);
    // Waits at most timeout_ms (>= 0) for its own descriptors, these ones or wake(); the results of these ones are not
    // needed, they are asked for again. Must return early when a signal interrupts.
    void (*wait)(const weft_watched *watched, size_t count, int timeout_ms);
    // Ends a running wait(), from another thread.
    void (*wake)(void);
} weft_network;
void weft_wait_join(const weft_network *network);

// ---- weft_files.c

#if !defined(_WIN32)
// Waits until a file's bytes and size are on the disk itself; -1 and errno.
int weft_sync_fd(int fd);
#endif

// ---- weft_signals.c

void weft_start_signals(void);

// ---- the functions of `_weft`, listed by the file that defines them; weft_module.c puts them into the module

// Where a function takes a fixed number of arguments its object is WEFT_n(name), else WEFT_n_TO_m.
#define WEFT_0(name) MP_DEFINE_CONST_FUN_OBJ_0(weft_##name##_obj, weft_##name)
#define WEFT_1(name) MP_DEFINE_CONST_FUN_OBJ_1(weft_##name##_obj, weft_##name)
#define WEFT_2(name) MP_DEFINE_CONST_FUN_OBJ_2(weft_##name##_obj, weft_##name)
#define WEFT_3(name) MP_DEFINE_CONST_FUN_OBJ_3(weft_##name##_obj, weft_##name)
#define WEFT_N(name, least, most) MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(weft_##name##_obj, least, most, weft_##name)

#endif
