// Output that is written whole, and the terminal: whether there is one, its width, and its raw mode.
#include <errno.h>
#include <string.h>

#include "py/mphal.h"
#include "weft.h"

#if defined(_WIN32)
#include <io.h>
#include <windows.h>
#else
#include <poll.h>
#include <unistd.h>
#if !defined(__wasi__)
#include <sys/ioctl.h>
#include <termios.h>
#endif
#endif

enum { DEFAULT_COLUMNS = 80 };

#if defined(_WIN32)

static DWORD found_input_mode;
static DWORD found_output_mode;
static UINT found_code_page;
static bool is_raw;

static bool is_terminal(int fd) {
    DWORD mode;
    return GetConsoleMode((HANDLE)_get_osfhandle(fd), &mode) != 0;
}

static int columns(void) {
    CONSOLE_SCREEN_BUFFER_INFO screen;
    if (GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &screen)) {
        return screen.srWindow.Right - screen.srWindow.Left + 1;
    }
    return DEFAULT_COLUMNS;
}

static void leave_raw_mode(void) {
    if (is_raw) {
        SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), found_input_mode);
        SetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), found_output_mode);
        is_raw = false;
    }
}

static void enter_raw_mode(void) {
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
    if (!GetConsoleMode(input, &found_input_mode) || !GetConsoleMode(output, &found_output_mode)) {
        weft_raise_errno(ENOTTY);
    }
    DWORD mode = found_input_mode & ~(DWORD)(ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT);
    if (!SetConsoleMode(input, mode | ENABLE_VIRTUAL_TERMINAL_INPUT)) {
        weft_raise_last_error();
    }
    // A console older than escape sequences still shows what is typed.
    SetConsoleMode(output, found_output_mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    is_raw = true;
}

// Text for a console is UTF-8 only while its code page says so.
static void prepare_output(int fd) {
    if (found_code_page == 0 && is_terminal(fd)) {
        found_code_page = GetConsoleOutputCP();
        SetConsoleOutputCP(CP_UTF8);
    }
}

void weft_end(void) {
    leave_raw_mode();
    if (found_code_page != 0) {
        SetConsoleOutputCP(found_code_page);
        found_code_page = 0;
    }
}

#elif defined(__wasi__)

static bool is_terminal(int fd) {
    return isatty(fd) == 1;
}

static int columns(void) {
    return DEFAULT_COLUMNS;
}

static void leave_raw_mode(void) {
}

// A sandbox cannot set the modes of the terminal that it is run in: lines come as the host edits them.
static void enter_raw_mode(void) {
    weft_raise_errno(ENOTSUP);
}

static void prepare_output(int fd) {
    (void)fd;
}

void weft_end(void) {
}

#else

static struct termios found_mode;
static bool is_raw;

static bool is_terminal(int fd) {
    return isatty(fd) == 1;
}

static int columns(void) {
    struct winsize size;
    for (int fd = STDERR_FILENO; fd >= STDIN_FILENO; fd--) {
        if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            return size.ws_col;
        }
    }
    return DEFAULT_COLUMNS;
}

static int set_mode(const struct termios *mode) {
    int result;
    do {
        // TCSADRAIN: what was typed ahead is kept.
        result = tcsetattr(STDIN_FILENO, TCSADRAIN, mode);
    } while (result != 0 && errno == EINTR);
    return result;
}

static void leave_raw_mode(void) {
    if (is_raw) {
        set_mode(&found_mode);
        is_raw = false;
    }
}

static void enter_raw_mode(void) {
    if (is_raw) {
        return;
    }
    if (tcgetattr(STDIN_FILENO, &found_mode) != 0) {
        weft_raise_errno(errno);
    }
    struct termios mode = found_mode;
    mode.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    mode.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    mode.c_cflag = (mode.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    if (set_mode(&mode) != 0) {
        weft_raise_errno(errno);
    }
    is_raw = true;
}

static void prepare_output(int fd) {
    (void)fd;
}

void weft_end(void) {
    leave_raw_mode();
}

#endif

static mp_obj_t weft_is_terminal(mp_obj_t fd) {
    return mp_obj_new_bool(is_terminal((int)mp_obj_get_int(fd)));
}
WEFT_1(is_terminal);

static mp_obj_t weft_width(void) {
    return MP_OBJ_NEW_SMALL_INT(columns());
}
WEFT_0(width);

static mp_obj_t weft_raw_mode(mp_obj_t is_on) {
    if (mp_obj_is_true(is_on)) {
        enter_raw_mode();
    } else {
        leave_raw_mode();
    }
    return mp_const_none;
}
WEFT_1(raw_mode);

static mp_obj_t weft_write_fd(mp_obj_t fd_object, mp_obj_t data) {
    int fd = (int)mp_obj_get_int(fd_object);
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data, &buffer, MP_BUFFER_READ);
    prepare_output(fd);
    const char *text = buffer.buf;
    size_t left_bytes = buffer.len;
    while (left_bytes > 0) {
        ssize_t written = write(fd, text, left_bytes < 1 << 30 ? left_bytes : 1 << 30);
        if (written >= 0) {
            text += written;
            left_bytes -= (size_t)written;
            continue;
        }
        int failure = errno;
#if defined(_WIN32)
        // The C library's number for a pipe that nobody reads.
        if (failure == EINVAL && (GetLastError() == ERROR_NO_DATA || GetLastError() == ERROR_PIPE_NOT_CONNECTED)) {
            failure = EPIPE;
        }
#else
        if (failure == EAGAIN) {
            // Somebody made the other end non-blocking; it is waited for as if it were not.
            struct pollfd full = {.fd = fd, .events = POLLOUT};
            poll(&full, 1, -1);
            failure = EINTR;
        }
#endif
        if (failure != EINTR) {
            weft_raise_errno(failure);
        }
        mp_handle_pending(true);
    }
    return mp_const_none;
}
WEFT_2(write_fd);
