// Plain server sockets: listen, accept, read and write without waiting.

#include <errno.h>
#include <string.h>

#include "weft_transfers.h"

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
typedef SOCKET descriptor;
#define NONE INVALID_SOCKET
#define SEND_FLAGS 0
#else
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
typedef int descriptor;
#define NONE (-1)
#if defined(MSG_NOSIGNAL)
#define SEND_FLAGS MSG_NOSIGNAL
#else
#define SEND_FLAGS 0 // macOS: SO_NOSIGPIPE is set on the socket
#endif
#endif

#define BACKLOG 128
#define READ_LIMIT_BYTES 65536

#if defined(_WIN32)
static int last_error(void) {
    switch (WSAGetLastError()) {
        case WSAEWOULDBLOCK: return EAGAIN;
        case WSAEINTR: return EINTR;
        case WSAEADDRINUSE: return EADDRINUSE;
        case WSAEADDRNOTAVAIL: return EADDRNOTAVAIL;
        case WSAEACCES: return EACCES;
        case WSAECONNRESET:
        case WSAECONNABORTED: return ECONNRESET;
        case WSAEMFILE: return EMFILE;
        case WSAENOBUFS: return ENOMEM;
        default: return EIO;
    }
}

// Only libcurl's wait sleeps on sockets there: without it a wait would notice them when it is over, and no sooner.
static void start_sockets(void) {
    weft_network_start();
}

static descriptor new_socket(int family) {
    return WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

static bool prepare(descriptor opened) {
    u_long is_on = 1;
    SetHandleInformation((HANDLE)opened, HANDLE_FLAG_INHERIT, 0);
    return ioctlsocket(opened, (long)FIONBIO, &is_on) == 0;
}

#define close_socket closesocket
#else
static int last_error(void) {
    return errno == EWOULDBLOCK ? EAGAIN : errno;
}

static void start_sockets(void) {
}

static descriptor new_socket(int family) {
#if defined(SOCK_CLOEXEC)
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
#else
    return socket(family, SOCK_STREAM, IPPROTO_TCP);
#endif
}

static bool prepare(descriptor opened) {
#if defined(SO_NOSIGPIPE)
    int is_on = 1;
    setsockopt(opened, SOL_SOCKET, SO_NOSIGPIPE, &is_on, sizeof(is_on));
#endif
    int flags = fcntl(opened, F_GETFL);
    return flags >= 0 && fcntl(opened, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(opened, F_SETFD, FD_CLOEXEC) == 0;
}

#define close_socket close
#endif

static void set_option(descriptor opened, int level, int option) {
    int is_on = 1;
    setsockopt(opened, level, option, (const char *)&is_on, sizeof(is_on));
}

static short listener_events(weft_handle *self) {
    return self->is_read_wanted ? POLLIN : 0;
}

static short connection_events(weft_handle *self) {
    return (short)((self->is_read_wanted ? POLLIN : 0) | (self->is_write_wanted ? POLLOUT : 0));
}

static bool is_seen(weft_handle *self, short seen) {
    (void)self;
    return seen != 0;
}

static void close_handle(weft_handle *self) {
    if (self->fd != -1) {
        close_socket((descriptor)self->fd);
        self->fd = -1;
    }
}

static mp_obj_t read_connection(weft_handle *self, size_t limit_bytes) {
    vstr_t data;
    vstr_init_len(&data, limit_bytes < READ_LIMIT_BYTES ? limit_bytes : READ_LIMIT_BYTES);
    for (;;) {
#if defined(_WIN32)
        int size = recv((descriptor)self->fd, data.buf, (int)data.len, 0);
#else
        ssize_t size = recv((descriptor)self->fd, data.buf, data.len, 0);
#endif
        if (size >= 0) {
            data.len = (size_t)size;
            return mp_obj_new_bytes_from_vstr(&data);
        }
        int number = last_error();
        if (number == EAGAIN) {
            vstr_clear(&data);
            return mp_const_none;
        }
        if (number != EINTR) {
            weft_raise_errno(number);
        }
    }
}

static size_t write_connection(weft_handle *self, const uint8_t *data, size_t size_bytes) {
    for (;;) {
#if defined(_WIN32)
        int size = send((descriptor)self->fd, (const char *)data, (int)(size_bytes & 0x3fffffff), SEND_FLAGS);
#else
        ssize_t size = send((descriptor)self->fd, data, size_bytes, SEND_FLAGS);
#endif
        if (size >= 0) {
            return (size_t)size;
        }
        int number = last_error();
        if (number == EAGAIN) {
            return 0;
        }
        if (number != EINTR) {
            weft_raise_errno(number);
        }
    }
}

static const weft_kind listener_kind = {
    .name = "listener",
    .events = listener_events,
    .is_ready = is_seen,
    .close = close_handle,
};

static const weft_kind connection_kind = {
    .name = "connection",
    .events = connection_events,
    .is_ready = is_seen,
    .read = read_connection,
    .write = write_connection,
    .close = close_handle,
};

static socklen_t fill_address(struct sockaddr_storage *where, const char *address, int port) {
    memset(where, 0, sizeof(*where));
    struct sockaddr_in *v4 = (struct sockaddr_in *)where;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)where;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        return sizeof(*v4);
    }
    if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        return sizeof(*v6);
    }
    mp_raise_ValueError(MP_ERROR_TEXT("an address to listen on is not an IP address"));
}

// listen(address, port) -> handle; port 0: any free one
static mp_obj_t weft_listen(mp_obj_t address, mp_obj_t port) {
    start_sockets();
    struct sockaddr_storage where;
    mp_int_t number = mp_obj_get_int(port);
    if (number < 0 || number > 65535) {
        mp_raise_ValueError(MP_ERROR_TEXT("a port is a number from 0 to 65535"));
    }
    socklen_t size = fill_address(&where, mp_obj_str_get_str(address), (int)number);
    weft_handle *handle = weft_handle_new(&listener_kind, sizeof(weft_handle));
    descriptor opened = new_socket(where.ss_family);
    if (opened == NONE) {
        int failure = last_error();
        weft_handle_close(handle);
        weft_raise_errno(failure);
    }
    handle->fd = (intptr_t)opened;
#if defined(_WIN32)
    set_option(opened, SOL_SOCKET, SO_EXCLUSIVEADDRUSE); // its SO_REUSEADDR lets others take a port that is in use
#else
    set_option(opened, SOL_SOCKET, SO_REUSEADDR);
#endif
    if (where.ss_family == AF_INET6) {
        set_option(opened, IPPROTO_IPV6, IPV6_V6ONLY); // the same on every system
    }
    if (!prepare(opened) || bind(opened, (struct sockaddr *)&where, size) != 0 || listen(opened, BACKLOG) != 0) {
        int failure = last_error();
        weft_handle_close(handle);
        weft_raise_errno(failure);
    }
    return weft_handle_object(handle);
}
WEFT_2(listen);

// port(listener) -> int
static mp_obj_t weft_port(mp_obj_t listener) {
    weft_handle *handle = weft_handle_get(listener, &listener_kind);
    struct sockaddr_storage where;
    socklen_t size = sizeof(where);
    if (getsockname((descriptor)handle->fd, (struct sockaddr *)&where, &size) != 0) {
        weft_raise_errno(last_error());
    }
    uint16_t port = where.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&where)->sin6_port
                                                : ((struct sockaddr_in *)&where)->sin_port;
    return MP_OBJ_NEW_SMALL_INT(ntohs(port));
}
WEFT_1(port);

// accept(listener) -> None | handle
static mp_obj_t weft_accept(mp_obj_t listener) {
    weft_handle *handle = weft_handle_get(listener, &listener_kind);
    weft_handle *accepted = weft_handle_new(&connection_kind, sizeof(weft_handle));
    descriptor opened;
    int failure = 0;
    do {
        opened = accept((descriptor)handle->fd, NULL, NULL);
        failure = opened == NONE ? last_error() : 0;
    } while (failure == EINTR);
    if (failure == 0) {
        accepted->fd = (intptr_t)opened;
        if (prepare(opened)) {
            set_option(opened, IPPROTO_TCP, TCP_NODELAY);
            return weft_handle_object(accepted);
        }
        failure = last_error();
    }
    weft_handle_close(accepted);
    // Who hung up before we answered is nobody.
    if (failure == EAGAIN || failure == ECONNABORTED || failure == ECONNRESET) {
        return mp_const_none;
    }
    weft_raise_errno(failure);
}
WEFT_1(accept);

// peer(connection) -> str, the other side's address
static mp_obj_t weft_peer(mp_obj_t connection) {
    weft_handle *handle = weft_handle_get(connection, &connection_kind);
    struct sockaddr_storage where;
    socklen_t size = sizeof(where);
    char text[64];
    if (getpeername((descriptor)handle->fd, (struct sockaddr *)&where, &size) != 0) {
        weft_raise_errno(last_error());
    }
    const void *address = where.ss_family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)&where)->sin6_addr
                                                      : (const void *)&((struct sockaddr_in *)&where)->sin_addr;
    if (inet_ntop(where.ss_family, address, text, sizeof(text)) == NULL) {
        weft_raise_errno(EINVAL);
    }
    return mp_obj_new_str_from_cstr(text);
}
WEFT_1(peer);
