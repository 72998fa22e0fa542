// What MicroPython is on every target. Only string values, types and sizes may vary by target here, never a
// name: one set of generated headers and one file of frozen bytecode serve all of them.
#ifndef WEFT_MPCONFIGPORT_H
#define WEFT_MPCONFIGPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(_WIN32)
#include <malloc.h>
#else
#include <alloca.h>
#endif

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef long long mp_off_t;

// WEFT_TEST_BUILD: the same runtime plus the compiler, so that tests can be given as scripts.
#ifndef WEFT_TEST_BUILD
#define WEFT_TEST_BUILD (0)
#endif
#define MICROPY_ENABLE_COMPILER (WEFT_TEST_BUILD)
#define MICROPY_PY_BUILTINS_EVAL_EXEC (WEFT_TEST_BUILD)
#define MICROPY_PY_BUILTINS_COMPILE (WEFT_TEST_BUILD)
#define MICROPY_PY_BUILTINS_EXECFILE (0)

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#define MICROPY_PERSISTENT_CODE_LOAD (1)
#define MICROPY_MODULE_FROZEN_MPY (1)
#define MICROPY_QSTR_BYTES_IN_HASH (2)
#define MICROPY_QSTR_BYTES_IN_LEN (2)
#define MICROPY_QSTR_EXTRA_POOL mp_qstr_frozen_const_pool
// 16 bits, so that frozen integers are the same data on 32 and 64 bit targets.
#define MPZ_DIG_SIZE (16)

// Memory: the heap starts small and grows by malloc up to a ceiling (collect.c); what is empty goes back.
#define MICROPY_ENABLE_GC (1)
#define MICROPY_ENABLE_FINALISER (1)
#define MICROPY_GC_SPLIT_HEAP (1)
#define MICROPY_GC_SPLIT_HEAP_AUTO (1)
void *weft_heap_take(size_t size_bytes);
void weft_heap_give_back(void *area);
#define MP_PLAT_ALLOC_HEAP(size) weft_heap_take(size)
#define MP_PLAT_FREE_HEAP(area) weft_heap_give_back(area)
#define MICROPY_ENABLE_PYSTACK (1)
#define MICROPY_STACK_CHECK (1)
#define MICROPY_STACK_CHECK_MARGIN (16384)
#define MICROPY_MALLOC_USES_ALLOCATED_SIZE (1)
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE (256)
// A buffer of this size stands on the C stack for each import under way: 4 KB would be a page each. What is frozen
// has short names; only scripts of tests lie anywhere.
#define MICROPY_ALLOC_PATH_MAX (WEFT_TEST_BUILD ? 4096 : 256)

#if defined(__wasi__)
// Locals of C functions cannot be scanned here: see patches/0008.
#define MICROPY_GC_AT_SAFE_POINTS (1)
#define MICROPY_VM_APART (1)
#define MICROPY_GC_ALLOC_THRESHOLD (1)
// What a call of Python takes of the host's stack is out of sight. Measured (tests/wasm/test_limits.py): of the 512 KB that
// wasmtime gives, 200 are used at the deepest call of Python and 330 at the costliest (sorted() in a __lt__).
#define MICROPY_CSTACK_FRAME_BYTES (512)
#endif

// Exceptions by setjmp on every target: one way to test. Apple's plain setjmp saves the signal mask (a syscall).
#define MICROPY_NLR_SETJMP (1)
#if defined(__APPLE__)
#define setjmp _setjmp
#define longjmp _longjmp
#elif defined(_WIN32)
// Without a frame, longjmp restores the registers and unwinds nothing: tables for that are 4 % of the file.
#include <setjmp.h>
#undef setjmp
#define setjmp(buffer) _setjmp((buffer), NULL)
#endif

#define MICROPY_OBJ_REPR (MICROPY_OBJ_REPR_A)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)
#define MICROPY_FLOAT_USE_NATIVE_FLT16 (0)
#define MICROPY_USE_INTERNAL_PRINTF (0)
#define MICROPY_USE_INTERNAL_ERRNO (0)
#define MICROPY_EMIT_X64 (0)
#define MICROPY_OPT_COMPUTED_GOTO (1)
// A byte for each name: where it was last found, in whatever map. The agent has some 2,000 names, which are even numbers.
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE (4096)
#define MICROPY_ERROR_REPORTING (MICROPY_ERROR_REPORTING_DETAILED)
#define MICROPY_WARNINGS (0)
#define MICROPY_KBD_EXCEPTION (1)
#define MICROPY_ENABLE_SCHEDULER (1)
#define MICROPY_STREAMS_POSIX_API (1)
#define MICROPY_CAN_OVERRIDE_BUILTINS (1)
#define MICROPY_HELPER_REPL (0)
#define MICROPY_MODULE___ALL__ (1)
#define MICROPY_MODULE_ATTR_DELEGATION (1)
#define MICROPY_COMP_CONST (0)

extern const struct _mp_print_t mp_stderr_print;
#define MICROPY_DEBUG_PRINTER (&mp_stderr_print)
#define MICROPY_ERROR_PRINTER (&mp_stderr_print)

// What only scripts of tests use: files that do not go through `_weft`, and modules that nothing frozen imports.
#define MICROPY_VFS (WEFT_TEST_BUILD)
#define MICROPY_VFS_POSIX (WEFT_TEST_BUILD)
#define MICROPY_READER_VFS (WEFT_TEST_BUILD)
#define MICROPY_PY_VFS (WEFT_TEST_BUILD)
#define MICROPY_PY_SYS_STDFILES (WEFT_TEST_BUILD)
#define MICROPY_PY_SYS_STDIO_BUFFER (WEFT_TEST_BUILD)
#define MICROPY_PY_ASYNCIO (WEFT_TEST_BUILD)
#define MICROPY_PY_BUILTINS_COMPLEX (WEFT_TEST_BUILD)
#define MICROPY_PY_GC (WEFT_TEST_BUILD)
#define MICROPY_PY_MATH (WEFT_TEST_BUILD)
#define MICROPY_PY_MICROPYTHON (WEFT_TEST_BUILD)
#define MICROPY_PY_OS (WEFT_TEST_BUILD)
#define MICROPY_PY_PLATFORM (WEFT_TEST_BUILD)
#define MICROPY_PY_RANDOM (WEFT_TEST_BUILD)
#define MICROPY_READER_POSIX (0)
#define MICROPY_EPOCH_IS_1970 (1)

#define MICROPY_PY_FUNCTION_ATTRS (1)
#define MICROPY_PY_DESCRIPTORS (1)
#define MICROPY_PY_DELATTR_SETATTR (1)
#define MICROPY_PY_ALL_INPLACE_SPECIAL_METHODS (1)
#define MICROPY_PY_BUILTINS_HELP (0)
#define MICROPY_PY_BUILTINS_INPUT (0)
#define MICROPY_PY_BUILTINS_POW3 (1)
#define MICROPY_PY_BUILTINS_SLICE_INDICES (1)
#define MICROPY_PY_BUILTINS_BYTES_HEX (1)
#define MICROPY_PY_BUILTINS_NEXT2 (1)
#define MICROPY_PY_BUILTINS_RANGE_BINOP (1)
#define MICROPY_PY_ARRAY_SLICE_ASSIGN (1)
#define MICROPY_PY_COLLECTIONS_NAMEDTUPLE__ASDICT (1)
#define MICROPY_PY_COLLECTIONS_ORDEREDDICT (1)
#define MICROPY_PY_GC_COLLECT_RETVAL (1)
#define MICROPY_PY_MICROPYTHON_MEM_INFO (0)
#define MICROPY_PY_MICROPYTHON_RINGIO (0)
#define MICROPY_PY_IO_BUFFEREDWRITER (0)
#define MICROPY_PY_SYS_PATH_ARGV_DEFAULTS (1)
#define MICROPY_PY_SYS_PS1_PS2 (0)
#define MICROPY_PY_SYS_EXC_INFO (0)
// The module `json` is weft_json.c; `re` is used by nobody.
#define MICROPY_PY_JSON (0)
#define MICROPY_PY_RE (0)
#define MICROPY_PY_CMATH (0)
#define MICROPY_PY_UCTYPES (0)
#define MICROPY_PY_UCTYPES_NATIVE_C_TYPES (0)
#define MICROPY_PY_FRAMEBUF (0)
#define MICROPY_PY_MACHINE (0)
#define MICROPY_PY_DEFLATE (0)
#define MICROPY_PY_LWIP (0)
#define MICROPY_PY_SOCKET (0)
#define MICROPY_PY_SSL (0)
#define MICROPY_PY_WEBSOCKET (0)
#define MICROPY_PY_WEBREPL (0)
#define MICROPY_PY_OS_DUPTERM (0)
#define MICROPY_PY_OS_STATVFS (0)
#define MICROPY_PY_OS_SYNC (0)
#define MICROPY_PY_OS_UNAME (0)
#define MICROPY_PY_HASHLIB_SHA256 (1)
#define MICROPY_PY_HASHLIB_SHA1 (0)
#define MICROPY_PY_HASHLIB_MD5 (0)
#define MICROPY_PY_CRYPTOLIB (0)
// The one wait point is `_weft.wait`.
#define MICROPY_PY_SELECT (0)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_INCLUDEFILE "port_time.h"
unsigned long weft_random_seed(void);
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (weft_random_seed())

// The names in `errno`: those that core/storage_errors.py gives advice for, and what connections fail with.
#if defined(_WIN32)
#define MP_EDQUOT 10069 // WSAEDQUOT: its <errno.h> has no name for it
#else
#define MP_EDQUOT EDQUOT
#endif
#define MP_ELOOP ELOOP
#define MP_ENAMETOOLONG ENAMETOOLONG
#define MP_ENOLCK ENOLCK
#define MP_ENOSYS ENOSYS
#define MP_ENOTSUP ENOTSUP
#define MICROPY_PY_ERRNO_LIST \
    X(EPERM) X(ENOENT) X(EINTR) X(EIO) X(ENXIO) X(EBADF) X(EAGAIN) X(ENOMEM) X(EACCES) X(EBUSY) X(EEXIST) X(EXDEV) \
    X(ENODEV) X(ENOTDIR) X(EISDIR) X(EINVAL) X(ENFILE) X(EMFILE) X(EFBIG) X(ENOSPC) X(EROFS) X(EPIPE) X(EDQUOT) \
    X(ELOOP) X(ENAMETOOLONG) X(ENOLCK) X(ENOSYS) X(ENOTSUP) X(EOPNOTSUPP) X(EADDRINUSE) X(ECONNABORTED) \
    X(E2BIG) X(ECONNRESET) X(ENOEXEC) X(ENOTCONN) X(ETIMEDOUT) X(ECONNREFUSED) X(EHOSTUNREACH)

#if defined(_WIN32)
#define MICROPY_PY_SYS_PLATFORM "win32"
#elif defined(__APPLE__)
#define MICROPY_PY_SYS_PLATFORM "darwin"
#else
#define MICROPY_PY_SYS_PLATFORM "linux"
#endif
#define MP_ENDIANNESS_LITTLE (1)
#define MP_SSIZE_MAX INTPTR_MAX
#define MP_STATE_PORT MP_STATE_VM

#endif
