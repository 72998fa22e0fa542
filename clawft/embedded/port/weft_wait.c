// The one wait point: the table of handles, and the only call of this program that waits for the world.
//
// A wait asks every handle whether it is ready; if none is, it sleeps until a descriptor, a transfer, a signal or
// another thread (weft_wake) may have changed that, and asks again. Where network code has joined, it does the
// sleeping (curl_multi_poll with our descriptors besides its own).
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "weft.h"

#if defined(_WIN32)
#include <winsock2.h>
#include <windows.h>
typedef WSAPOLLFD poll_entry;
#else
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
typedef struct pollfd poll_entry;
#endif

// A number is a place in the table plus a count of how often that place was used, so that a stale one is noticed.
enum { PLACE_BITS = 12, PLACES = 1 << PLACE_BITS, USES = 1 << 16 };

static weft_handle **places;
static size_t place_count;
static unsigned use_count;
static const weft_network *network;
// What is slept on: room for one entry of every place and one of the wake pipe.
static poll_entry *entries;
static weft_watched *watched;
static uint16_t *place_of_entry;
// The events last seen, by place.
static short *seen;
// What the last look found ready.
static int *ready_numbers;

// ---- waking

#if defined(_WIN32)
static HANDLE wake_event;

static bool wake_start(void) {
    if (wake_event == NULL) {
        wake_event = CreateEventW(NULL, FALSE, FALSE, NULL);
    }
    return wake_event != NULL;
}

void weft_wake(void) {
    if (wake_event != NULL) {
        SetEvent(wake_event);
    }
    const weft_network *joined = network;
    if (joined != NULL) {
        joined->wake();
    }
}
#elif defined(__wasi__)
// One thread and no signals: nothing can happen while the program does something else.
static bool wake_start(void) {
    return true;
}

void weft_wake(void) {
}
#else
static int wake_pipe[2] = {-1, -1};

static bool wake_start(void) {
    if (wake_pipe[0] < 0) {
        int made[2];
        if (weft_make_pipe(made) != 0) {
            return false;
        }
        fcntl(made[0], F_SETFL, O_NONBLOCK);
        fcntl(made[1], F_SETFL, O_NONBLOCK);
        wake_pipe[0] = made[0];
        wake_pipe[1] = made[1];
    }
    return true;
}

void weft_wake(void) {
    if (wake_pipe[1] >= 0) {
        int kept = errno;
        // A full pipe wakes as well.
        ssize_t written = write(wake_pipe[1], "", 1);
        (void)written;
        errno = kept;
    }
}

static void drain_wakes(void) {
    char taken[64];
    while (read(wake_pipe[0], taken, sizeof(taken)) == (ssize_t)sizeof(taken)) {
    }
}
#endif

void weft_wait_join(const weft_network *joining) {
    network = joining;
}

// ---- the table

// Makes an array longer; what is old stays valid when this fails.
static bool resize(void *array, size_t count, size_t size_bytes) {
    void *old;
    memcpy(&old, array, sizeof(old));
    void *longer = realloc(old, count * size_bytes);
    if (longer != NULL) {
        memcpy(array, &longer, sizeof(longer));
    }
    return longer != NULL;
}

static bool grow(void) {
    size_t wanted = place_count == 0 ? 16 : place_count * 2;
    if (wanted > PLACES || !resize(&entries, wanted + 1, sizeof(*entries)) ||
        !resize(&watched, wanted + 1, sizeof(*watched)) ||
        !resize(&place_of_entry, wanted + 1, sizeof(*place_of_entry)) || !resize(&seen, wanted, sizeof(*seen)) ||
        !resize(&ready_numbers, wanted, sizeof(*ready_numbers)) || !resize(&places, wanted, sizeof(*places))) {
        return false;
    }
    memset(places + place_count, 0, (wanted - place_count) * sizeof(*places));
    place_count = wanted;
    return true;
}

void *weft_handle_new(const weft_kind *kind, size_t size_bytes) {
    size_t place = 0;
    while (place < place_count && places[place] != NULL) {
        place++;
    }
    if (!wake_start() || (place == place_count && !grow())) {
        weft_raise_errno(EMFILE);
    }
    weft_handle *self = calloc(1, size_bytes);
    if (self == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    use_count = (use_count + 1) % USES;
    self->kind = kind;
    self->number = (int)(use_count << PLACE_BITS | place);
    self->is_read_wanted = true;
    self->fd = -1;
    places[place] = self;
    return self;
}

static weft_handle *find(mp_int_t number) {
    size_t place = (size_t)number & (PLACES - 1);
    bool is_open = number >= 0 && place < place_count && places[place] != NULL && places[place]->number == number;
    return is_open ? places[place] : NULL;
}

void *weft_handle_get(mp_obj_t number, const weft_kind *kind) {
    weft_handle *self = find(mp_obj_get_int(number));
    if (self == NULL || (kind != NULL && self->kind != kind)) {
        weft_raise_errno(EBADF);
    }
    return self;
}

void weft_handle_close(weft_handle *self) {
    places[(size_t)self->number & (PLACES - 1)] = NULL;
    if (self->kind->close != NULL) {
        self->kind->close(self);
    }
    free(self);
}

// ---- waiting

static bool is_wanted(const weft_handle *self) {
    return self != NULL && self->is_asked && self->kind->is_ready != NULL &&
           (self->is_read_wanted || self->is_write_wanted);
}

// Marks the handles that a wait is for (all if NULL). Returns a closed one's number, or MP_OBJ_NULL.
static mp_obj_t mark_asked(mp_obj_t asked) {
    for (size_t place = 0; place < place_count; place++) {
        if (places[place] != NULL) {
            places[place]->is_asked = asked == MP_OBJ_NULL;
        }
    }
    if (asked == MP_OBJ_NULL) {
        return MP_OBJ_NULL;
    }
    size_t count;
    mp_obj_t *numbers;
    mp_obj_get_array(asked, &count, &numbers);
    mp_obj_t closed = MP_OBJ_NULL;
    for (size_t i = 0; i < count; i++) {
        weft_handle *self = find(mp_obj_get_int(numbers[i]));
        if (self == NULL) {
            closed = numbers[i];
        } else {
            self->is_asked = true;
        }
    }
    return closed;
}

// The descriptors of handles to sleep on; returns how many.
static size_t fill_entries(void) {
    size_t count = 0;
    for (size_t place = 0; place < place_count; place++) {
        weft_handle *self = places[place];
        short events = is_wanted(self) && self->fd >= 0 && self->kind->events != NULL ? self->kind->events(self) : 0;
        if (events != 0) {
            entries[count].fd = (__typeof__(entries[count].fd))self->fd;
            entries[count].events = events;
            entries[count].revents = 0;
            place_of_entry[count] = (uint16_t)place;
            count++;
        }
    }
    return count;
}

// Sleeps, at most that long (-1: for ever), and fills in what was seen on the first `count` entries.
static void sleep_on(size_t count, int timeout_ms) {
#if defined(_WIN32)
    bool is_seen = count > 0 && WSAPoll(entries, (ULONG)count, 0) > 0;
    if (is_seen || timeout_ms == 0) {
        return;
    }
    if (network == NULL) {
        // No sockets then: whoever makes one joins the network first.
        WaitForSingleObject(wake_event, timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms);
        return;
    }
#elif defined(__wasi__)
    if (network == NULL || timeout_ms == 0) {
        poll(entries, (nfds_t)count, timeout_ms);
        return;
    }
#else
    entries[count].fd = wake_pipe[0];
    entries[count].events = POLLIN;
    entries[count].revents = 0;
    if (network == NULL || timeout_ms == 0) {
        if (poll(entries, (nfds_t)count + 1, timeout_ms) > 0 && entries[count].revents != 0) {
            drain_wakes();
        }
        return;
    }
    count++;
#endif
    for (size_t i = 0; i < count; i++) {
        watched[i].fd = (intptr_t)entries[i].fd;
        watched[i].events = entries[i].events;
    }
    // Without an end of its own it is asked again now and then, which does no harm.
    network->wait(watched, count, timeout_ms < 0 ? 3600 * 1000 : timeout_ms);
#if defined(_WIN32)
    if (count > 0) {
        WSAPoll(entries, (ULONG)count, 0);
    }
#elif defined(__wasi__)
    if (count > 0) {
        poll(entries, (nfds_t)count, 0);
    }
#else
    if (poll(entries, (nfds_t)count, 0) > 0 && entries[count - 1].revents != 0) {
        drain_wakes();
    }
#endif
}

static void note_seen(size_t entry_count) {
    memset(seen, 0, place_count * sizeof(*seen));
    for (size_t i = 0; i < entry_count; i++) {
        seen[place_of_entry[i]] = entries[i].revents;
    }
}

// How many handles are ready; their numbers are kept in `ready_numbers`. Threads and signals make handles ready at any
// moment, so no two looks need agree: what is reported is what one look found.
static size_t find_ready(void) {
    size_t count = 0;
    for (size_t place = 0; place < place_count; place++) {
        weft_handle *self = places[place];
        if (is_wanted(self) && self->kind->is_ready(self, seen[place])) {
            ready_numbers[count++] = self->number;
        }
    }
    return count;
}

static mp_obj_t ready_tuple(size_t count) {
    mp_obj_tuple_t *ready = MP_OBJ_TO_PTR(mp_obj_new_tuple(count, NULL));
    for (size_t i = 0; i < count; i++) {
        ready->items[i] = MP_OBJ_NEW_SMALL_INT(ready_numbers[i]);
    }
    return MP_OBJ_FROM_PTR(ready);
}

static mp_obj_t weft_wait(size_t argument_count, const mp_obj_t *arguments) {
    mp_int_t timeout_ms = mp_obj_get_int(arguments[0]);
    if (timeout_ms > INT32_MAX) {
        timeout_ms = INT32_MAX;
    }
    if (!wake_start() || (place_count == 0 && !grow())) {
        weft_raise_errno(EMFILE);
    }
    mp_obj_t closed = mark_asked(argument_count > 1 ? arguments[1] : MP_OBJ_NULL);
    if (closed != MP_OBJ_NULL) {
        return mp_obj_new_tuple(1, &closed);
    }
    int64_t end_ms = timeout_ms < 0 ? INT64_MAX : weft_monotonic_ms() + timeout_ms;
    for (;;) {
        if (network != NULL) {
            network->perform();
        }
        int64_t left_ms = timeout_ms;
        if (timeout_ms > 0) {
            left_ms = end_ms - weft_monotonic_ms();
            left_ms = left_ms < 0 ? 0 : left_ms;
        }
        size_t entry_count = fill_entries();
        // What is ready already does not wait, but descriptors are looked at as well, so that none starves.
        note_seen(0);
        sleep_on(entry_count, find_ready() > 0 ? 0 : (int)left_ms);
        note_seen(entry_count);
        mp_handle_pending(true);
        if (network != NULL) {
            network->perform();
        }
        size_t count = find_ready();
        if (count > 0) {
            return ready_tuple(count);
        }
        if (left_ms == 0 || (timeout_ms > 0 && weft_monotonic_ms() >= end_ms)) {
            return mp_const_empty_tuple;
        }
    }
}
WEFT_N(wait, 1, 2);

// ---- what Python does with any handle

static mp_obj_t weft_close(mp_obj_t number) {
    weft_handle_close(weft_handle_get(number, NULL));
    return mp_const_none;
}
WEFT_1(close);

static mp_obj_t weft_read(mp_obj_t number, mp_obj_t limit) {
    weft_handle *self = weft_handle_get(number, NULL);
    mp_int_t limit_bytes = mp_obj_get_int(limit);
    if (self->kind->read == NULL) {
        weft_raise_errno(EBADF);
    }
    if (limit_bytes <= 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("at least 1 byte must be asked for"));
    }
    return self->kind->read(self, (size_t)limit_bytes);
}
WEFT_2(read);

static mp_obj_t weft_write(mp_obj_t number, mp_obj_t data) {
    weft_handle *self = weft_handle_get(number, NULL);
    if (self->kind->write == NULL) {
        weft_raise_errno(EBADF);
    }
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data, &buffer, MP_BUFFER_READ);
    return mp_obj_new_int_from_uint(self->kind->write(self, buffer.buf, buffer.len));
}
WEFT_2(write);

static mp_obj_t weft_want_read(mp_obj_t number, mp_obj_t is_wanted) {
    ((weft_handle *)weft_handle_get(number, NULL))->is_read_wanted = mp_obj_is_true(is_wanted);
    return mp_const_none;
}
WEFT_2(want_read);

static mp_obj_t weft_want_write(mp_obj_t number, mp_obj_t is_wanted) {
    ((weft_handle *)weft_handle_get(number, NULL))->is_write_wanted = mp_obj_is_true(is_wanted);
    return mp_const_none;
}
WEFT_2(want_write);
