// Windows' own way of what weft_system.c does elsewhere: wide text, its error numbers, clocks and arguments.
#if defined(_WIN32)
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "py/mphal.h"
#include "weft.h"

wchar_t *weft_wide(const char *utf8) {
    int count = MultiByteToWideChar(CP_UTF8, 0, utf8, -1, NULL, 0);
    wchar_t *wide = malloc((size_t)count * sizeof(wchar_t) + sizeof(wchar_t));
    if (wide != NULL) {
        wide[0] = 0;
        MultiByteToWideChar(CP_UTF8, 0, utf8, -1, wide, count);
    }
    return wide;
}

char *weft_narrow(const wchar_t *wide) {
    int count = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *utf8 = malloc((size_t)count + 1);
    if (utf8 != NULL) {
        utf8[0] = 0;
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, count, NULL, NULL);
    }
    return utf8;
}

int weft_errno_from_windows(unsigned long error) {
    static const struct {
        unsigned short error;
        unsigned char number;
    } table[] = {
        {ERROR_FILE_NOT_FOUND, ENOENT},
        {ERROR_PATH_NOT_FOUND, ENOENT},
        {ERROR_INVALID_NAME, ENOENT},
        {ERROR_BAD_NETPATH, ENOENT},
        {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
        {ERROR_ACCESS_DENIED, EACCES},
        {ERROR_SHARING_VIOLATION, EACCES},
        {ERROR_LOCK_VIOLATION, EACCES},
        {ERROR_WRITE_PROTECT, EROFS},
        {ERROR_INVALID_HANDLE, EBADF},
        {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
        {ERROR_OUTOFMEMORY, ENOMEM},
        {ERROR_FILE_EXISTS, EEXIST},
        {ERROR_ALREADY_EXISTS, EEXIST},
        {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
        {ERROR_DIRECTORY, ENOTDIR},
        {ERROR_DISK_FULL, ENOSPC},
        {ERROR_HANDLE_DISK_FULL, ENOSPC},
        {ERROR_BROKEN_PIPE, EPIPE},
        {ERROR_NO_DATA, EPIPE},
        {ERROR_PIPE_NOT_CONNECTED, EPIPE},
        {ERROR_NOT_SAME_DEVICE, EXDEV},
        {ERROR_BAD_EXE_FORMAT, ENOEXEC},
        {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
        {ERROR_INVALID_PARAMETER, EINVAL},
        {ERROR_NOT_SUPPORTED, ENOSYS},
        {ERROR_CANT_RESOLVE_FILENAME, ELOOP},
    };
    for (size_t i = 0; i < MP_ARRAY_SIZE(table); i++) {
        if (table[i].error == error) {
            return table[i].number;
        }
    }
    return EIO;
}

NORETURN void weft_raise_last_error(void) {
    weft_raise_errno(weft_errno_from_windows(GetLastError()));
}

int64_t weft_monotonic_ms(void) {
    return (int64_t)GetTickCount64();
}

uint64_t mp_hal_time_ns(void) {
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    uint64_t ticks = ((uint64_t)now.dwHighDateTime << 32) | now.dwLowDateTime;
    // From 1601 and units of 100 ns to 1970 and 1 ns.
    return (ticks - 116444736000000000u) * 100u;
}

void mp_hal_delay_ms(mp_uint_t duration_ms) {
    int64_t end_ms = weft_monotonic_ms() + (int64_t)duration_ms;
    for (int64_t left_ms = (int64_t)duration_ms; left_ms > 0; left_ms = end_ms - weft_monotonic_ms()) {
        // In short pieces, since Ctrl-C comes in another thread and does not end a Sleep.
        Sleep(left_ms > 20 ? 20 : (DWORD)left_ms);
        mp_handle_pending(true);
    }
}

void mp_hal_delay_us(mp_uint_t duration_us) {
    mp_hal_delay_ms((duration_us + 999) / 1000);
}

// RtlGenRandom by its exported name.
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size_bytes);

int weft_random(void *buffer, size_t size_bytes) {
    return SystemFunction036(buffer, (ULONG)size_bytes) ? 0 : EIO;
}

void weft_start_streams(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (_get_osfhandle(fd) < 0) {
            int opened = _open("NUL", fd == 0 ? _O_RDONLY : _O_WRONLY);
            if (opened >= 0 && opened != fd) {
                _dup2(opened, fd);
                _close(opened);
            }
        }
        _setmode(fd, _O_BINARY);
    }
    // Also what MicroPython opens by itself: in text mode a byte of 26 ends a file, and its reader of bytecode hangs.
    _set_fmode(_O_BINARY);
}

size_t weft_stack_bytes(size_t most_bytes) {
    ULONG_PTR low;
    ULONG_PTR high;
    GetCurrentThreadStackLimits(&low, &high);
    size_t left_bytes = (uintptr_t)&low - low;
    return left_bytes / 2 < most_bytes ? left_bytes / 2 : most_bytes;
}

// One argument of a command line, by the rules of the C library: backslashes count only before a quote, "" inside
// quotes is a quote. Returns what follows it; the argument is written to `to`, which is never longer.
static const wchar_t *take_argument(const wchar_t *from, wchar_t *to, bool is_program) {
    bool is_quoted = false;
    while (*from != 0 && (is_quoted || (*from != L' ' && *from != L'\t'))) {
        size_t slashes = 0;
        while (!is_program && from[slashes] == L'\\') {
            slashes++;
        }
        bool is_before_quote = from[slashes] == L'"';
        for (size_t i = 0; i < (is_before_quote ? slashes / 2 : slashes); i++) {
            *to++ = L'\\';
        }
        from += slashes;
        if (!is_before_quote) {
            if (slashes == 0) {
                *to++ = *from++;
            }
        } else if (slashes % 2 == 1) {
            *to++ = *from++;
        } else if (!is_program && is_quoted && from[1] == L'"') {
            *to++ = L'"';
            from += 2;
        } else {
            is_quoted = !is_quoted;
            from++;
        }
    }
    *to = 0;
    while (*from == L' ' || *from == L'\t') {
        from++;
    }
    return from;
}

// The C library gives arguments in the old 8-bit encoding, which loses most letters.
char **weft_utf8_arguments(int *count, char **arguments) {
    const wchar_t *line = GetCommandLineW();
    size_t length = wcslen(line);
    wchar_t *one = malloc((length + 1) * sizeof(wchar_t));
    // No more arguments than every second letter.
    char **all = calloc(length / 2 + 3, sizeof(char *));
    if (one == NULL || all == NULL) {
        free(one);
        free(all);
        return arguments;
    }
    int found = 0;
    while (*line != 0 || found == 0) {
        line = take_argument(line, one, found == 0);
        all[found] = weft_narrow(one);
        if (all[found] == NULL) {
            weft_die("weft: out of memory at start\n");
        }
        found++;
    }
    free(one);
    *count = found;
    return all; // for as long as the process lives
}
#else
typedef int weft_not_windows; // a translation unit may not be empty
#endif
