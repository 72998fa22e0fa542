// Moves one HTTP exchange: takes what libcurl hands over, keeps the limits on time and size, and says what failed.

#include <stdlib.h>
#include <string.h>

#include "weft_transfer.h"
#include "weft_transfers.h"

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <sys/socket.h>
#endif

#define HEAD_LIMIT_BYTES 65536
#define BODY_LIMIT_BYTES 65536
#define INTERIM_LIMIT 16
#define IDLE_S 30L

static weft_transfer *under_way;

// ---- what went wrong

static void forget(weft_transfer *transfer) {
    for (weft_transfer **link = &under_way; *link != NULL; link = &(*link)->next) {
        if (*link == transfer) {
            *link = transfer->next;
            break;
        }
    }
    if (transfer->easy != NULL) {
        // An unfinished exchange leaves its connection unusable, and libcurl closes it.
        curl_multi_remove_handle(weft_network_start(), transfer->easy);
        curl_easy_cleanup(transfer->easy);
        transfer->easy = NULL;
    }
    transfer->handle.fd = -1; // its number may soon be another's
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->proxy_headers);
    curl_slist_free_all(transfer->resolve);
    curl_slist_free_all(transfer->connect_to);
    transfer->headers = transfer->proxy_headers = transfer->resolve = transfer->connect_to = NULL;
    free(transfer->request_body);
    transfer->request_body = NULL;
}

void weft_transfer_end(weft_transfer *transfer) {
    forget(transfer);
    weft_bytes_free(&transfer->head);
    weft_bytes_free(&transfer->body);
    curl_free(transfer->origin);
    free(transfer->addresses);
    curl_free(transfer->failure.message);
    transfer->origin = transfer->addresses = transfer->failure.message = NULL;
}

void weft_transfer_fail(weft_transfer *transfer, weft_phase phase, const char *detail) {
    if (!transfer->is_done && !transfer->is_failed) {
        transfer->is_failed = true;
        transfer->failure.phase = phase;
        // Who answers has read the request, or enough of it.
        transfer->failure.is_sent = transfer->is_all_sent || transfer->is_any_read;
        transfer->failure.message = curl_maprintf("%s: %s", transfer->origin, detail);
    }
    forget(transfer);
}

static void note_progress(weft_transfer *transfer) {
    if (!transfer->is_connected || transfer->is_all_sent || transfer->easy == NULL) {
        return;
    }
    long head_bytes = 0;
    curl_off_t sent_bytes = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &head_bytes);
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent_bytes);
    sent_bytes += head_bytes;
    if (sent_bytes != transfer->sent_bytes) {
        transfer->sent_bytes = sent_bytes;
        transfer->moved_ms = weft_monotonic_ms();
    }
    transfer->is_all_sent = head_bytes > 0 && sent_bytes >= head_bytes + (curl_off_t)transfer->request_size;
}

static weft_phase phase_of(weft_transfer *transfer) {
    if (transfer->is_head_whole) {
        return WEFT_BODY;
    }
    if (transfer->is_connected) {
        note_progress(transfer);
        return transfer->is_all_sent || transfer->is_any_read ? WEFT_FIRST_BYTE : WEFT_SEND;
    }
    if (!transfer->has_socket) {
        return transfer->addresses != NULL ? WEFT_CONNECT : WEFT_RESOLVE;
    }
    // libcurl has a time for this only when TLS is through as well.
    struct sockaddr_storage peer;
    socklen_t size = sizeof(peer);
    if (!transfer->is_https || getpeername(transfer->newest, (struct sockaddr *)&peer, &size) != 0) {
        return WEFT_CONNECT;
    }
    long answer = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
    return transfer->proxy_headers != NULL && answer / 100 != 2 ? WEFT_CONNECT : WEFT_TLS;
}

// When the wait that is going on runs out, what that means and what the limit was.
static int64_t end_ms(weft_transfer *transfer, weft_phase *phase, int *limit_ms) {
    int64_t end = INT64_MAX;
    *phase = phase_of(transfer);
    if (transfer->is_websocket && transfer->is_head_whole) {
        return end; // it is open for as long as both sides want
    }
    switch (*phase) {
        case WEFT_RESOLVE:
        case WEFT_CONNECT:
        case WEFT_TLS:
            *limit_ms = transfer->connect_ms;
            end = transfer->started_ms + *limit_ms;
            break;
        case WEFT_BODY:
            *limit_ms = transfer->between_ms;
            // While its reader is slow, the server is not to blame.
            if (!transfer->is_paused && weft_bytes_size(&transfer->body) == 0) {
                end = transfer->moved_ms + *limit_ms;
            }
            break;
        default:
            *limit_ms = *phase == WEFT_SEND || transfer->is_any_read ? transfer->between_ms : transfer->first_byte_ms;
            end = transfer->moved_ms + *limit_ms;
            break;
    }
    int64_t total_end = transfer->started_ms + transfer->total_ms;
    if (total_end <= end) {
        *phase = WEFT_TOTAL;
        *limit_ms = transfer->total_ms;
        end = total_end;
    }
    return end;
}

int64_t weft_transfers_check(void) {
    static const char *const texts[] = {
        "the name was not resolved", "no connection", "TLS was not agreed on", "the request could not be sent on",
        "no answer", "the answer did not go on", "not done",
    };
    int64_t first = INT64_MAX;
    int64_t now = weft_monotonic_ms();
    weft_transfer *next;
    for (weft_transfer *transfer = under_way; transfer != NULL; transfer = next) {
        next = transfer->next;
        weft_phase phase;
        int limit_ms = 0;
        int64_t end = end_ms(transfer, &phase, &limit_ms);
        if (end > now) {
            first = end < first ? end : first;
            continue;
        }
        char text[96];
        curl_msnprintf(text, sizeof(text), "%s within %g s", texts[phase], limit_ms / 1000.0);
        weft_transfer_fail(transfer, phase, text);
    }
    return first;
}

static weft_phase wire_phase(weft_transfer *transfer) {
    weft_phase phase = phase_of(transfer);
    return phase == WEFT_SEND ? WEFT_FIRST_BYTE : phase;
}

static void fail_with_curl(weft_transfer *transfer, CURLcode code) {
    char text[sizeof(transfer->tried) + CURL_ERROR_SIZE + 64];
    const char *said = transfer->curl_text[0] != 0 ? transfer->curl_text : curl_easy_strerror(code);
    said = transfer->wrong != NULL ? transfer->wrong : said;
    weft_phase phase = phase_of(transfer);
    const char *distrust = weft_tls_reason(&transfer->verdict, code, said);
    if (distrust != NULL) {
        weft_transfer_fail(transfer, WEFT_TLS, distrust);
        return;
    }
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
            weft_transfer_fail(
                transfer, WEFT_RESOLVE, "the name has no address; check the name's spelling and the network");
            return;
        case CURLE_COULDNT_CONNECT: {
            long number = 0;
            curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
            curl_msnprintf(
                text, sizeof(text), "could not connect (%s: %s)", transfer->tried,
                number > 0 ? weft_transfers_reason((int)number) : said);
            weft_transfer_fail(transfer, WEFT_CONNECT, text);
            return;
        }
        case CURLE_SEND_ERROR:
            weft_transfer_fail(transfer, phase > WEFT_SEND ? wire_phase(transfer) : phase, said);
            return;
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_RECV_ERROR:
            phase = wire_phase(transfer);
            if (phase < WEFT_SEND) {
                weft_transfer_fail(transfer, phase, said);
            } else if (transfer->is_https && strstr(said, "(-0x0000)") != NULL) {
                weft_transfer_fail(transfer, phase, "the connection was cut without TLS's close notice");
            } else if (code == CURLE_RECV_ERROR && strstr(said, "outstanding") == NULL) {
                weft_transfer_fail(transfer, phase, said);
            } else if (phase == WEFT_BODY) {
                weft_transfer_fail(transfer, phase, "closed the connection before the end of its answer");
            } else {
                weft_transfer_fail(
                    transfer, phase,
                    transfer->is_any_read ? "closed the connection in the middle of its answer's head"
                                          : "closed the connection without an answer");
            }
            return;
        case CURLE_OUT_OF_MEMORY:
            weft_transfer_fail(transfer, wire_phase(transfer), "no memory is left");
            return;
        default:
            curl_msnprintf(text, sizeof(text), "the answer is broken or not HTTP/1.1: %s", said);
            weft_transfer_fail(transfer, wire_phase(transfer), text);
            return;
    }
}

void weft_transfers_finished(CURL *easy, CURLcode code) {
    weft_transfer *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    note_progress(transfer);
    if (code == CURLE_OK && transfer->is_websocket) {
        transfer->is_connected = true; // its connection is now the WebSocket's, and its limits too
        weft_transfers_connected(transfer);
    } else if (code != CURLE_OK) {
        fail_with_curl(transfer, code);
    } else if (!transfer->is_head_whole) {
        fail_with_curl(transfer, CURLE_GOT_NOTHING);
    } else {
        transfer->is_done = true;
        forget(transfer);
    }
}

// ---- what libcurl asks and hands over

static bool is_allowed(const weft_transfer *transfer, const char *address) {
    if (transfer->addresses == NULL) {
        return true;
    }
    size_t size = strlen(address);
    for (const char *at = transfer->addresses; at != NULL && *at != 0; at = strchr(at, ',') + 1) {
        if (strncmp(at, address, size) == 0 && at[size] == ',') {
            return true;
        }
    }
    return false;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)purpose;
    weft_transfer *transfer = context;
    char text[64] = "";
    const void *where = address->family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)&address->addr)->sin6_addr
                                                    : (const void *)&((struct sockaddr_in *)&address->addr)->sin_addr;
    inet_ntop(address->family, where, text, sizeof(text));
    transfer->has_socket = true;
    transfer->is_connected = transfer->is_all_sent = false;
    size_t used = strlen(transfer->tried);
    curl_msnprintf(
        transfer->tried + used, sizeof(transfer->tried) - used, "%s%s", used > 0 ? ", " : "", text);
    if (!is_allowed(transfer, text)) {
        return CURL_SOCKET_BAD;
    }
    transfer->newest = weft_transfers_socket(address->family, address->socktype, address->protocol);
    return transfer->newest;
}

static int before_request(void *context, char *remote, char *local, int remote_port, int local_port) {
    (void)local;
    (void)remote_port;
    (void)local_port;
    weft_transfer *transfer = context;
    transfer->has_socket = transfer->is_connected = true;
    transfer->moved_ms = weft_monotonic_ms();
    return is_allowed(transfer, remote) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static size_t take_body(char *data, size_t size, size_t count, void *context) {
    weft_transfer *transfer = context;
    size *= count;
    size_t waiting = weft_bytes_size(&transfer->body);
    if (waiting > 0 && waiting + size > BODY_LIMIT_BYTES) {
        transfer->is_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    transfer->moved_ms = weft_monotonic_ms();
    return weft_bytes_add(&transfer->body, data, size) ? size : CURL_WRITEFUNC_ERROR;
}

static size_t take_header(char *data, size_t size, size_t count, void *context) {
    weft_transfer *transfer = context;
    size *= count;
    transfer->moved_ms = weft_monotonic_ms();
    if (transfer->is_head_whole) {
        return size; // a trailer
    }
    transfer->is_any_read = true;
    const char *wrong = weft_transfers_header(transfer, data, size);
    if (wrong == NULL && transfer->interim_count > INTERIM_LIMIT) {
        wrong = "more than 16 interim answers";
    }
    if (wrong == NULL && weft_bytes_size(&transfer->head) > HEAD_LIMIT_BYTES) {
        wrong = "its head is larger than 64 KiB";
    }
    if (wrong != NULL) {
        transfer->wrong = wrong;
        return CURL_WRITEFUNC_ERROR;
    }
    return size;
}

void weft_transfer_start(weft_transfer *transfer) {
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_text);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // a name that is still being looked up is left behind
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_S);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    // Our own limits are finer; these only let libcurl share the time between the addresses that it tries.
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->connect_ms + 1000L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, transfer->is_websocket ? 0L : (long)transfer->total_ms + 1000L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, transfer->is_websocket ? 1L : 0L);
    transfer->started_ms = transfer->moved_ms = weft_monotonic_ms();
    if (transfer->is_https) {
        if (weft_tls_apply(easy, &transfer->verdict) != CURLE_OK) {
            weft_transfer_fail(transfer, WEFT_TLS, "no memory is left");
            return;
        }
    }
    if (curl_multi_add_handle(weft_network_start(), easy) != CURLM_OK) {
        weft_transfer_fail(transfer, WEFT_CONNECT, "no memory is left");
        return;
    }
    transfer->next = under_way;
    under_way = transfer;
}

void weft_transfer_resume(weft_transfer *transfer) {
    transfer->moved_ms = weft_monotonic_ms();
    if (transfer->is_paused && weft_bytes_size(&transfer->body) <= BODY_LIMIT_BYTES / 2) {
        transfer->is_paused = false;
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT); // may call take_body at once
    }
}
