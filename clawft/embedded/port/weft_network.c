// libcurl's multi handle behind the one wait point, and what libcurl needs of the system.

#include <stdlib.h>
#include <string.h>

#include "weft_transfers.h"

#if defined(_WIN32)
#include <winsock2.h>
#else
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#define CONNECTIONS_KEPT 16L
// Descriptors watched in one wait without another allocation: standard input, signals and some children.
#define WATCHED_ROOM 16

static CURLM *multi;

static void network_perform(void) {
    int running;
    curl_multi_perform(multi, &running);
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            weft_transfers_finished(message->easy_handle, message->data.result);
        }
    }
    weft_transfers_check();
}

static void network_wait(const weft_watched *watched, size_t count, int timeout_ms) {
    struct curl_waitfd room[WATCHED_ROOM];
    struct curl_waitfd *waited = room;
    if (count > WATCHED_ROOM) {
        waited = malloc(count * sizeof(*waited));
        if (waited == NULL) {
            // Better late than never: those that found no room are looked at again soon.
            waited = room;
            count = WATCHED_ROOM;
            timeout_ms = timeout_ms > 10 ? 10 : timeout_ms;
        }
    }
    for (size_t i = 0; i < count; i++) {
        waited[i].fd = (curl_socket_t)watched[i].fd;
        waited[i].events = 0;
        if (watched[i].events & POLLIN) {
            waited[i].events |= CURL_WAIT_POLLIN;
        }
        if (watched[i].events & POLLOUT) {
            waited[i].events |= CURL_WAIT_POLLOUT;
        }
        waited[i].revents = 0;
    }
    int64_t end_ms = weft_transfers_check();
    if (end_ms != INT64_MAX) {
        int64_t left_ms = end_ms - weft_monotonic_ms();
        left_ms = left_ms < 0 ? 0 : left_ms;
        timeout_ms = left_ms < timeout_ms ? (int)left_ms : timeout_ms;
    }
    curl_multi_poll(multi, waited, (unsigned int)count, timeout_ms, NULL);
    if (waited != room) {
        free(waited);
    }
}

static void network_wake(void) {
    curl_multi_wakeup(multi);
}

CURLM *weft_network_start(void) {
    static const weft_network network = {network_perform, network_wait, network_wake};
    if (multi == NULL) {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (multi = curl_multi_init()) == NULL) {
            mp_raise_type(&mp_type_MemoryError);
        }
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
        weft_wait_join(&network);
    }
    return multi;
}

curl_socket_t weft_transfers_socket(int family, int type, int protocol) {
#if defined(_WIN32)
    return WSASocketW(family, type, protocol, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
#elif defined(SOCK_CLOEXEC)
    return socket(family, type | SOCK_CLOEXEC, protocol);
#else
    int opened = socket(family, type, protocol);
    if (opened >= 0 && fcntl(opened, F_SETFD, FD_CLOEXEC) != 0) {
        close(opened);
        return CURL_SOCKET_BAD;
    }
    return opened;
#endif
}

const char *weft_transfers_reason(int number) {
#if defined(_WIN32)
    switch (number) {
        case WSAECONNREFUSED: return "Connection refused";
        case WSAENETUNREACH: return "Network is unreachable";
        case WSAEHOSTUNREACH: return "No route to host";
        case WSAETIMEDOUT: return "Connection timed out";
        case WSAEADDRNOTAVAIL: return "Cannot assign requested address";
        default: return "the system refused";
    }
#else
    return strerror(number);
#endif
}
