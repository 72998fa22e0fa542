// Handles over descriptors of POSIX systems: pipes, sockets and standard input.
#if !defined(_WIN32)
#define _GNU_SOURCE // pipe2
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "py/mphal.h"
#include "weft.h"

// What one read brings at most. Only touched as far as it is used.
static char piece[32 * 1024];

static short stream_events(weft_handle *self) {
    return (short)((self->is_read_wanted ? POLLIN : 0) | (self->is_write_wanted ? POLLOUT : 0));
}

static bool stream_is_ready(weft_handle *self, short seen) {
    // An error or a hang-up is something to read, and something that the next write reports.
    return (seen & stream_events(self)) != 0 || (seen & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static mp_obj_t stream_read(weft_handle *self, size_t limit_bytes) {
    ssize_t size_bytes;
    do {
        size_bytes = read((int)self->fd, piece, limit_bytes < sizeof(piece) ? limit_bytes : sizeof(piece));
    } while (size_bytes < 0 && errno == EINTR);
    if (size_bytes < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return mp_const_none;
        }
        weft_raise_errno(errno);
    }
    return mp_obj_new_bytes((const byte *)piece, (size_t)size_bytes);
}

#if !defined(__wasi__)
static size_t stream_write(weft_handle *self, const uint8_t *data, size_t size_bytes) {
    ssize_t written;
    do {
        written = write((int)self->fd, data, size_bytes);
    } while (written < 0 && errno == EINTR);
    if (written < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return 0;
        }
        weft_raise_errno(errno);
    }
    return (size_t)written;
}

static void stream_close(weft_handle *self) {
    close((int)self->fd);
}

static const weft_kind stream_kind = {
    .name = "stream",
    .events = stream_events,
    .is_ready = stream_is_ready,
    .read = stream_read,
    .write = stream_write,
    .close = stream_close,
};

int weft_make_pipe(int ends[2]) {
#if defined(__linux__)
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0) {
        return -1;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

weft_handle *weft_handle_from_fd(int fd) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        close(fd);
        nlr_jump(nlr.ret_val);
    }
    weft_handle *self = weft_handle_new(&stream_kind, sizeof(weft_handle));
    nlr_pop();
    self->fd = fd;
    return self;
}
#endif

// Standard input stays blocking, since that flag is shared with the shell and whoever else has it open. So it is
// read only when there is something.
static mp_obj_t input_read(weft_handle *self, size_t limit_bytes) {
    struct pollfd input = {.fd = (int)self->fd, .events = POLLIN};
    if (poll(&input, 1, 0) <= 0) {
        return mp_const_none;
    }
    return stream_read(self, limit_bytes);
}

static weft_handle *open_input;

static void input_close(weft_handle *self) {
    (void)self;
    open_input = NULL; // the descriptor stays open: it is whoever started us who gave it
}

static const weft_kind input_kind = {
    .name = "standard input",
    .events = stream_events,
    .is_ready = stream_is_ready,
    .read = input_read,
    .close = input_close,
};

static mp_obj_t weft_standard_input(void) {
    if (open_input == NULL) {
        open_input = weft_handle_new(&input_kind, sizeof(weft_handle));
        open_input->fd = STDIN_FILENO;
    }
    return weft_handle_object(open_input);
}
WEFT_0(standard_input);
#else
typedef int weft_not_posix; // a translation unit may not be empty
#endif
