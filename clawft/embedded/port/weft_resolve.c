// Looks names up in threads that are left behind when nobody wants the answer: getaddrinfo() cannot be stopped.

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "weft_transfer.h"

#if defined(_WIN32)
#include <process.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#endif

// Threads at once, with those left behind: a name server that is silent holds each for half a minute.
#define THREAD_LIMIT 64

enum { RUNNING, FINISHED, LEFT_BEHIND };

static atomic_int thread_count;

// Owned by both the thread and the handle until one of them sees that the other is through.
typedef struct {
    atomic_int state;
    int failure; // of getaddrinfo
    struct addrinfo *found;
    char port[8];
    char host[256];
} lookup;

typedef struct {
    weft_handle handle;
    lookup *job;
} resolver;

static void free_lookup(lookup *job) {
    if (job->found != NULL) {
        freeaddrinfo(job->found);
    }
    free(job);
}

static void work(lookup *job) {
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    job->failure = getaddrinfo(job->host, job->port, &wanted, &job->found);
    atomic_fetch_sub(&thread_count, 1);
    if (atomic_exchange(&job->state, FINISHED) == LEFT_BEHIND) {
        free_lookup(job);
    } else {
        weft_wake();
    }
}

#if defined(_WIN32)
static unsigned __stdcall run(void *job) {
    work(job);
    return 0;
}

static bool start_thread(lookup *job) {
    uintptr_t thread = _beginthreadex(NULL, 0, run, job, 0, NULL);
    if (thread == 0) {
        return false;
    }
    CloseHandle((HANDLE)thread);
    return true;
}
#else
static void *run(void *job) {
    work(job);
    return NULL;
}

static bool start_thread(lookup *job) {
    sigset_t all;
    sigset_t before;
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all); // signals are the main thread's
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool is_started = pthread_create(&thread, &attributes, run, job) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return is_started;
}
#endif

static bool is_ready(weft_handle *self, short seen) {
    (void)seen;
    return atomic_load(&((resolver *)self)->job->state) == FINISHED;
}

static void close_resolver(weft_handle *self) {
    lookup *job = ((resolver *)self)->job;
    if (job != NULL && atomic_exchange(&job->state, LEFT_BEHIND) == FINISHED) {
        free_lookup(job);
    }
}

static const weft_kind resolver_kind = {
    .name = "resolver",
    .is_ready = is_ready,
    .close = close_resolver,
};

// resolve(host, port) -> handle
static mp_obj_t weft_resolve(mp_obj_t host, mp_obj_t port) {
    size_t size;
    const char *name = mp_obj_str_get_data(host, &size);
    bool is_ascii = size > 0 && size < sizeof(((lookup *)NULL)->host);
    for (size_t i = 0; i < size; i++) {
        is_ascii = is_ascii && name[i] > 0x20 && name[i] < 0x7f;
    }
    if (!is_ascii) {
        weft_raise_transport(
            WEFT_RESOLVE, false, "the name to look up is not a host name of at most 255 ASCII characters");
    }
    mp_int_t number = mp_obj_get_int(port);
#if defined(_WIN32)
    weft_network_start(); // starts the system's sockets
#endif
    resolver *self = weft_handle_new(&resolver_kind, sizeof(resolver));
    self->job = calloc(1, sizeof(lookup));
    if (self->job == NULL) {
        weft_handle_close(&self->handle);
        weft_raise_errno(ENOMEM);
    }
    memcpy(self->job->host, name, size);
    curl_msnprintf(self->job->port, sizeof(self->job->port), "%d", (int)(number & 0xffff));
    uint8_t address[16];
    size_t tail = sizeof(".localhost") - 1;
    bool is_literal = inet_pton(AF_INET, self->job->host, address) == 1
        || inet_pton(AF_INET6, self->job->host, address) == 1;
    bool is_local = curl_strequal(name, "localhost")
        || (size > tail && curl_strequal(name + size - tail, ".localhost"));
    if (is_literal || is_local) {
        // RFC 6761: never a question for a name server, which may be missing or lie.
        atomic_store(&self->job->state, FINISHED);
    } else if (atomic_fetch_add(&thread_count, 1) >= THREAD_LIMIT || !start_thread(self->job)) {
        atomic_fetch_sub(&thread_count, 1);
        weft_handle_close(&self->handle);
        weft_raise_transport(
            WEFT_RESOLVE, false, "%s: too many names are being looked up; is the name server silent?", name);
    }
    return weft_handle_object(self);
}
WEFT_2(resolve);

static bool is_listed(mp_obj_t addresses, const char *text) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(addresses, &count, &items);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(mp_obj_str_get_str(items[i]), text) == 0) {
            return true;
        }
    }
    return false;
}

// resolved(handle) -> None | tuple of str, in the system's order of preference
static mp_obj_t weft_resolved(mp_obj_t number) {
    lookup *job = ((resolver *)weft_handle_get(number, &resolver_kind))->job;
    if (atomic_load(&job->state) != FINISHED) {
        return mp_const_none;
    }
    mp_obj_t addresses = mp_obj_new_list(0, NULL);
    if (job->failure == 0 && job->found == NULL) {
        uint8_t bytes[16];
        bool is_literal = inet_pton(AF_INET, job->host, bytes) == 1 || inet_pton(AF_INET6, job->host, bytes) == 1;
        mp_obj_list_append(addresses, mp_obj_new_str_from_cstr(is_literal ? job->host : "127.0.0.1"));
        if (!is_literal) {
            mp_obj_list_append(addresses, mp_obj_new_str_from_cstr("::1"));
        }
    }
    for (struct addrinfo *one = job->found; one != NULL; one = one->ai_next) {
        char text[64];
        const void *address = one->ai_family == AF_INET6
            ? (const void *)&((struct sockaddr_in6 *)one->ai_addr)->sin6_addr
            : (const void *)&((struct sockaddr_in *)one->ai_addr)->sin_addr;
        if ((one->ai_family == AF_INET || one->ai_family == AF_INET6)
            && inet_ntop(one->ai_family, address, text, sizeof(text)) != NULL && !is_listed(addresses, text)) {
            mp_obj_list_append(addresses, mp_obj_new_str_from_cstr(text));
        }
    }
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(addresses, &count, &items);
    if (count == 0) {
        const char *reason = job->failure != 0 ? gai_strerror(job->failure) : "it has no address";
        weft_raise_transport(
            WEFT_RESOLVE, false, "%s: %s; check the name's spelling and the network", job->host, reason);
    }
    return mp_obj_new_tuple(count, items);
}
WEFT_1(resolved);
