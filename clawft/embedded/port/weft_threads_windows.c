// Threads that hand bytes over between a Windows handle and the wait point, one a handle, and standard input by them.
//
// A thread and its `_weft` handle share a buffer that the last of the two frees: a thread may hang in the system's read
// after its handle was closed (a console gives that up only with the next key).
#if defined(_WIN32)
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "weft_threads_windows.h"

enum { ROOM_BYTES = 64 * 1024, CONSOLE_LETTERS = 1024, THREAD_STACK_BYTES = 64 * 1024 };

typedef struct {
    CRITICAL_SECTION lock;
    CONDITION_VARIABLE changed;
    HANDLE file;
    LONG users; // the handle and its thread
    bool is_writer;
    bool is_console;
    bool is_pipe;
    bool is_closed; // by the program
    bool has_ended; // by the other side
    int failure;
    size_t start;
    size_t end;
    char bytes[ROOM_BYTES];
} exchange;

typedef struct {
    weft_handle handle;
    exchange *shared;
    HANDLE thread;
} threaded;

static void leave(exchange *shared) {
    if (InterlockedDecrement(&shared->users) == 0) {
        CloseHandle(shared->file);
        DeleteCriticalSection(&shared->lock);
        free(shared);
    }
}

// ---- in the thread

// Reads at most `room` bytes as UTF-8; a console gives UTF-16, of which half a character may be left over.
static bool read_some(exchange *shared, char *to, DWORD room, DWORD *got, wchar_t *left_over) {
    if (!shared->is_console) {
        return ReadFile(shared->file, to, room, got, NULL) != 0;
    }
    wchar_t letters[CONSOLE_LETTERS + 1];
    DWORD count = 0;
    DWORD kept = *left_over != 0;
    letters[0] = *left_over;
    if (!ReadConsoleW(shared->file, letters + kept, CONSOLE_LETTERS, &count, NULL)) {
        return false;
    }
    count += kept;
    *left_over = 0;
    if (count > 0 && letters[count - 1] >= 0xd800 && letters[count - 1] < 0xdc00) {
        *left_over = letters[--count];
    }
    if (count > 0 && letters[0] == 0x1a) {
        *got = 0; // Ctrl-Z at the start of a line: the end
        return true;
    }
    *got = (DWORD)WideCharToMultiByte(CP_UTF8, 0, letters, (int)count, to, (int)room, NULL, NULL);
    return true;
}

static void read_until_end(exchange *shared) {
    char piece[CONSOLE_LETTERS * 4];
    wchar_t left_over = 0;
    for (;;) {
        DWORD got = 0;
        bool is_read = read_some(shared, piece, sizeof(piece), &got, &left_over);
        DWORD error = is_read ? 0 : GetLastError();
        // Somebody who writes nothing to a pipe makes an empty read of it, which is not its end; but where the pipe is
        // another system's (wine), that is how its end looks.
        bool is_empty = is_read && got == 0 && left_over == 0 &&
                        !(shared->is_pipe && PeekNamedPipe(shared->file, NULL, 0, NULL, NULL, NULL));
        EnterCriticalSection(&shared->lock);
        while (!shared->is_closed && ROOM_BYTES - shared->end < got) {
            if (shared->start > 0) {
                memmove(shared->bytes, shared->bytes + shared->start, shared->end - shared->start);
                shared->end -= shared->start;
                shared->start = 0;
            } else {
                SleepConditionVariableCS(&shared->changed, &shared->lock, INFINITE);
            }
        }
        bool is_over = shared->is_closed || !is_read || is_empty;
        if (!shared->is_closed) {
            memcpy(shared->bytes + shared->end, piece, got);
            shared->end += got;
            if (is_over) {
                shared->has_ended = true;
                bool is_end = is_read || error == ERROR_BROKEN_PIPE || error == ERROR_HANDLE_EOF;
                shared->failure = is_end ? 0 : weft_errno_from_windows(error);
            }
        }
        LeaveCriticalSection(&shared->lock);
        weft_wake();
        if (is_over) {
            return;
        }
    }
}

static void write_until_closed(exchange *shared) {
    EnterCriticalSection(&shared->lock);
    for (;;) {
        while (shared->start == shared->end && !shared->is_closed) {
            SleepConditionVariableCS(&shared->changed, &shared->lock, INFINITE);
        }
        if (shared->start == shared->end) {
            break; // what was taken is written even after close
        }
        DWORD size_bytes = (DWORD)(shared->end - shared->start);
        DWORD written = 0;
        LeaveCriticalSection(&shared->lock);
        // The program changes the buffer only when all of it is written.
        bool is_written = WriteFile(shared->file, shared->bytes + shared->start, size_bytes, &written, NULL) != 0;
        DWORD error = is_written ? 0 : GetLastError();
        EnterCriticalSection(&shared->lock);
        shared->start += written;
        if (!is_written) {
            shared->has_ended = true;
            shared->failure = weft_errno_from_windows(error);
            shared->start = shared->end;
        }
        weft_wake();
        if (!is_written) {
            break;
        }
    }
    LeaveCriticalSection(&shared->lock);
}

static DWORD WINAPI run_thread(void *argument) {
    exchange *shared = argument;
    if (shared->is_writer) {
        write_until_closed(shared);
    } else {
        read_until_end(shared);
    }
    leave(shared);
    return 0;
}

// ---- in the program

static bool threaded_is_ready(weft_handle *handle, short seen) {
    (void)seen;
    exchange *shared = ((threaded *)handle)->shared;
    EnterCriticalSection(&shared->lock);
    bool has_bytes = shared->start != shared->end;
    bool is_ready = shared->is_writer ? handle->is_write_wanted && (!has_bytes || shared->has_ended)
                                      : handle->is_read_wanted && (has_bytes || shared->has_ended);
    LeaveCriticalSection(&shared->lock);
    return is_ready;
}

static mp_obj_t threaded_read(weft_handle *handle, size_t limit_bytes) {
    static char taken[ROOM_BYTES];
    exchange *shared = ((threaded *)handle)->shared;
    EnterCriticalSection(&shared->lock);
    size_t size_bytes = shared->end - shared->start;
    size_bytes = size_bytes < limit_bytes ? size_bytes : limit_bytes;
    memcpy(taken, shared->bytes + shared->start, size_bytes);
    shared->start += size_bytes;
    bool has_ended = shared->has_ended;
    int failure = shared->failure;
    WakeConditionVariable(&shared->changed);
    LeaveCriticalSection(&shared->lock);
    if (size_bytes == 0 && !has_ended) {
        return mp_const_none;
    }
    if (size_bytes == 0 && failure != 0) {
        weft_raise_errno(failure);
    }
    return mp_obj_new_bytes((const byte *)taken, size_bytes);
}

static size_t threaded_write(weft_handle *handle, const uint8_t *data, size_t size_bytes) {
    exchange *shared = ((threaded *)handle)->shared;
    size_t taken = 0;
    EnterCriticalSection(&shared->lock);
    int failure = shared->failure;
    if (failure == 0 && shared->start == shared->end) {
        taken = size_bytes < ROOM_BYTES ? size_bytes : ROOM_BYTES;
        memcpy(shared->bytes, data, taken);
        shared->start = 0;
        shared->end = taken;
        WakeConditionVariable(&shared->changed);
    }
    LeaveCriticalSection(&shared->lock);
    if (failure != 0) {
        weft_raise_errno(failure);
    }
    return taken;
}

// One for all who ask: a second thread would take bytes away from the first.
static weft_handle *open_input;

static void threaded_close(weft_handle *handle) {
    threaded *self = (threaded *)handle;
    if (handle == open_input) {
        open_input = NULL;
    }
    if (self->shared == NULL) {
        return;
    }
    EnterCriticalSection(&self->shared->lock);
    self->shared->is_closed = true;
    WakeConditionVariable(&self->shared->changed);
    LeaveCriticalSection(&self->shared->lock);
    if (!self->shared->is_writer) {
        CancelSynchronousIo(self->thread);
    }
    CloseHandle(self->thread);
    leave(self->shared);
}

static const weft_kind reader_kind = {
    .name = "reader",
    .is_ready = threaded_is_ready,
    .read = threaded_read,
    .close = threaded_close,
};
static const weft_kind writer_kind = {
    .name = "writer",
    .is_ready = threaded_is_ready,
    .write = threaded_write,
    .close = threaded_close,
};

static weft_handle *start(HANDLE file, const weft_kind *kind) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        CloseHandle(file);
        nlr_jump(nlr.ret_val);
    }
    threaded *self = weft_handle_new(kind, sizeof(threaded));
    nlr_pop();
    exchange *shared = calloc(1, sizeof(*shared));
    if (shared != NULL) {
        DWORD mode;
        InitializeCriticalSection(&shared->lock);
        InitializeConditionVariable(&shared->changed);
        shared->file = file;
        shared->users = 2;
        shared->is_writer = kind == &writer_kind;
        shared->is_pipe = GetFileType(file) == FILE_TYPE_PIPE;
        shared->is_console = GetConsoleMode(file, &mode) != 0;
        self->thread = CreateThread(NULL, THREAD_STACK_BYTES, run_thread, shared, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    }
    if (shared == NULL || self->thread == NULL) {
        free(shared);
        CloseHandle(file);
        weft_handle_close(&self->handle);
        weft_raise_errno(ENOMEM);
    }
    self->shared = shared;
    return &self->handle;
}

weft_handle *weft_reader_of(HANDLE file) {
    return start(file, &reader_kind);
}

weft_handle *weft_writer_of(HANDLE file) {
    return start(file, &writer_kind);
}

static mp_obj_t weft_standard_input(void) {
    if (open_input != NULL) {
        return weft_handle_object(open_input);
    }
    HANDLE copy;
    // A copy, since closing the handle closes it.
    if (!DuplicateHandle(GetCurrentProcess(), GetStdHandle(STD_INPUT_HANDLE), GetCurrentProcess(), &copy, 0, FALSE,
            DUPLICATE_SAME_ACCESS)) {
        copy = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
        if (copy == INVALID_HANDLE_VALUE) {
            weft_raise_last_error();
        }
    }
    open_input = weft_reader_of(copy);
    return weft_handle_object(open_input);
}
WEFT_0(standard_input);
#else
typedef int weft_not_windows; // a translation unit may not be empty
#endif
