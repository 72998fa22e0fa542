// What MicroPython and our own files ask of any system: clocks, randomness, standard streams, errors as exceptions.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "py/unicode.h"
#include "weft.h"

#if defined(_WIN32)
#include <io.h>
#else
#include <poll.h>
#include <time.h>
#include <unistd.h>
#if !defined(__wasi__)
#include <sys/random.h>
#include <sys/resource.h>
#endif
#endif

// ---- errors and text

MP_NORETURN void weft_raise_errno(int number) {
    mp_obj_t arguments[2] = {MP_OBJ_NEW_SMALL_INT(number), mp_obj_new_str_from_cstr(strerror(number))};
    nlr_raise(mp_obj_exception_make_new(&mp_type_OSError, 2, 0, arguments));
}

MP_NORETURN void weft_raise_errno_of(int number, const char *what) {
    mp_obj_t text = mp_obj_new_str_from_cstr(what);
    text = mp_binary_op(MP_BINARY_OP_ADD, text, mp_obj_new_str_from_cstr(": "));
    text = mp_binary_op(MP_BINARY_OP_ADD, text, mp_obj_new_str_from_cstr(strerror(number)));
    mp_obj_t arguments[2] = {MP_OBJ_NEW_SMALL_INT(number), text};
    nlr_raise(mp_obj_exception_make_new(&mp_type_OSError, 2, 0, arguments));
}

mp_obj_t weft_text_or_bytes(const char *data, size_t size_bytes) {
    if (utf8_check((const byte *)data, size_bytes)) {
        return mp_obj_new_str(data, size_bytes);
    }
    return mp_obj_new_bytes((const byte *)data, size_bytes);
}

mp_obj_t weft_text_latin1(const char *data, size_t size_bytes, bool is_lowered) {
    vstr_t text;
    vstr_init(&text, size_bytes + 1);
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char character = (unsigned char)data[i];
        if (is_lowered && character >= 'A' && character <= 'Z') {
            character += 'a' - 'A';
        }
        if (character >= 0x80) {
            vstr_add_byte(&text, (byte)(0xc0 | (character >> 6)));
            character = 0x80 | (character & 0x3f);
        }
        vstr_add_byte(&text, character);
    }
    return mp_obj_new_str_from_vstr(&text);
}

mp_obj_t weft_text_lossy(const char *text) {
    size_t size_bytes = strlen(text);
    if (utf8_check((const byte *)text, size_bytes)) {
        return mp_obj_new_str(text, size_bytes);
    }
    vstr_t whole;
    vstr_init(&whole, size_bytes);
    for (size_t at = 0; at < size_bytes;) {
        size_t length = 1;
        while (length < 4 && at + length < size_bytes && (text[at + length] & 0xc0) == 0x80) {
            length++;
        }
        if (utf8_check((const byte *)text + at, length)) {
            vstr_add_strn(&whole, text + at, length);
            at += length;
        } else {
            vstr_add_char(&whole, 0xfffd);
            at++;
        }
    }
    return mp_obj_new_str_from_utf8_vstr(&whole);
}

mp_obj_t weft_text_and_free(char *text) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        free(text);
        nlr_jump(nlr.ret_val);
    }
    mp_obj_t object = weft_text_or_bytes(text, strlen(text));
    nlr_pop();
    free(text);
    return object;
}

const char *weft_path(mp_obj_t text) {
    size_t size_bytes;
    const char *path;
    if (mp_obj_is_type(text, &mp_type_bytes)) {
        mp_buffer_info_t buffer;
        mp_get_buffer_raise(text, &buffer, MP_BUFFER_READ);
        path = buffer.buf;
        size_bytes = buffer.len;
    } else {
        path = mp_obj_str_get_data(text, &size_bytes);
    }
    if (memchr(path, 0, size_bytes) != NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("a path or argument holds a NUL byte"));
    }
    return path;
}

MP_NORETURN void weft_die(const char *message) {
    // What cannot be written cannot be told either.
    ssize_t written = write(STDERR_FILENO, message, strlen(message));
    (void)written;
    _exit(1);
}

unsigned long weft_random_seed(void) {
    unsigned long seed = 0;
    if (weft_random(&seed, sizeof(seed)) != 0) {
        seed = (unsigned long)mp_hal_time_ns();
    }
    return seed;
}

// ---- standard streams of MicroPython itself; the agent writes through write_fd

static void write_whole(int fd, const char *text, size_t size_bytes) {
    while (size_bytes > 0) {
        ssize_t written = write(fd, text, size_bytes);
        if (written < 0) {
#if !defined(_WIN32)
            if (errno == EINTR) {
                continue;
            }
            if (errno == EAGAIN) {
                struct pollfd full = {.fd = fd, .events = POLLOUT};
                poll(&full, 1, -1);
                continue;
            }
#endif
            return;
        }
        text += written;
        size_bytes -= (size_t)written;
    }
}

static void write_error(void *environment, const char *text, size_t size_bytes) {
    (void)environment;
    write_whole(STDERR_FILENO, text, size_bytes);
}

const mp_print_t mp_stderr_print = {NULL, write_error};

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t size_bytes) {
    write_whole(STDOUT_FILENO, text, size_bytes);
    return size_bytes;
}

void mp_hal_stdout_tx_strn_cooked(const char *text, size_t size_bytes) {
    mp_hal_stdout_tx_strn(text, size_bytes);
}

void mp_hal_stdout_tx_str(const char *text) {
    mp_hal_stdout_tx_strn(text, strlen(text));
}

int mp_hal_stdin_rx_chr(void) {
    unsigned char letter;
    ssize_t got;
    MP_HAL_RETRY_SYSCALL(got, read(STDIN_FILENO, &letter, 1), break);
    return got == 1 ? letter : 4; // Ctrl-D, the end
}

void mp_hal_set_interrupt_char(char letter) {
    (void)letter;
}

// ---- clocks

mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)weft_monotonic_ms();
}

#if defined(_WIN32)
mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)weft_monotonic_ms() * 1000;
}
#else

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now = {0};
    // These two clocks exist on every system we build for.
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int64_t weft_monotonic_ms(void) {
    return (int64_t)(clock_ns(CLOCK_MONOTONIC) / 1000000u);
}

mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)(clock_ns(CLOCK_MONOTONIC) / 1000u);
}

uint64_t mp_hal_time_ns(void) {
    return clock_ns(CLOCK_REALTIME);
}

void mp_hal_delay_ms(mp_uint_t duration_ms) {
    int64_t end_ms = weft_monotonic_ms() + (int64_t)duration_ms;
    for (int64_t left_ms = (int64_t)duration_ms; left_ms > 0; left_ms = end_ms - weft_monotonic_ms()) {
        // An interrupt just before poll() does not end it: in pieces, none is heard later than that.
        poll(NULL, 0, left_ms > 100 ? 100 : (int)left_ms);
        mp_handle_pending(true);
    }
}

void mp_hal_delay_us(mp_uint_t duration_us) {
    mp_hal_delay_ms((duration_us + 999) / 1000);
}

int weft_random(void *buffer, size_t size_bytes) {
    char *to = buffer;
    while (size_bytes > 0) {
        // 256 is the most that getentropy gives at once, and that no signal interrupts.
        size_t piece = size_bytes < 256 ? size_bytes : 256;
        if (getentropy(to, piece) != 0) {
            return errno;
        }
        to += piece;
        size_bytes -= piece;
    }
    return 0;
}

// ---- the start of the process

#if defined(__wasi__)
// A host that closes standard streams gives their numbers to nobody.
void weft_start_streams(void) {
}

size_t weft_stack_bytes(size_t most_bytes) {
    return most_bytes;
}
#else
void weft_start_streams(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            // The lowest free number is `fd`. Without a null device there is nothing better to do than go on.
            int opened = open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
            if (opened != fd && opened >= 0) {
                close(opened);
            }
        }
    }
}

size_t weft_stack_bytes(size_t most_bytes) {
    // What the system itself and the first functions have used of it already.
    enum { USED_BYTES = 64 * 1024 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < most_bytes + USED_BYTES) {
        return limit.rlim_cur > (rlim_t)2 * USED_BYTES ? (size_t)limit.rlim_cur - USED_BYTES : USED_BYTES;
    }
    return most_bytes;
}
#endif

char **weft_utf8_arguments(int *count, char **arguments) {
    (void)count;
    return arguments;
}
#endif
