// Turns http()'s arguments into a prepared libcurl handle, and refuses what would make it another request.

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "weft_transfer.h"

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#endif

#include "weft_header.h"

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
static const char *const own_headers[] = {
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
};

// curl_easy_setopt is variadic and checked by a GCC extension; these are its three argument types with their errors.
static void set_text(CURL *easy, CURLoption option, const char *value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) {
        mp_raise_type(&mp_type_MemoryError);
    }
}

static void set_number(CURL *easy, CURLoption option, long value) {
    curl_easy_setopt(easy, option, value);
}

static void set_list(CURL *easy, CURLoption option, struct curl_slist *list) {
    curl_easy_setopt(easy, option, list);
}

static void append(struct curl_slist **list, const char *line) {
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    *list = longer;
}

static bool is_name(const char *name, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char character = (unsigned char)name[i];
        if (character >= 0x80 || (!isalnum(character) && (character == 0 || !strchr("!#$%&'*+-.^_`|~", character)))) {
            return false;
        }
    }
    return size > 0;
}

static MP_NORETURN void refuse_value(const char *name) {
    weft_raise_transport(
        WEFT_SEND, false, "the value of the header %s has a line break or another character that HTTP cannot carry",
        name);
}

// A str's characters up to U+00FF as bytes (Latin-1, as HTTP has it), without blanks around. bytes go as they are.
static void add_value(vstr_t *line, const char *name, mp_obj_t value) {
    size_t size;
    const char *text = mp_obj_str_get_data(value, &size);
    bool is_text = mp_obj_is_str(value);
    const char *end = text + size;
    while (text < end && (*text == ' ' || *text == '\t')) {
        text++;
    }
    while (end > text && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    for (; text < end; text++) {
        unsigned char character = (unsigned char)*text;
        if (is_text && character >= 0x80) {
            if ((character != 0xc2 && character != 0xc3) || text + 1 >= end) {
                refuse_value(name);
            }
            text++;
            character = (unsigned char)((character << 6) | (*text & 0x3f));
        }
        if ((character < 0x20 && character != '\t') || character == 0x7f) {
            refuse_value(name);
        }
        vstr_add_byte(line, character);
    }
}

const char *weft_header_line(vstr_t *line, mp_obj_t pair, const char **name) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(pair, &count, &items);
    if (count != 2) {
        mp_raise_ValueError(MP_ERROR_TEXT("a header is a pair: name, value"));
    }
    size_t size;
    *name = mp_obj_str_get_data(items[0], &size);
    if (!is_name(*name, size)) {
        weft_raise_transport(
            WEFT_SEND, false, "a header's name has a character that HTTP does not allow in names");
    }
    for (size_t i = 0; i < MP_ARRAY_SIZE(own_headers); i++) {
        if (curl_strequal(*name, own_headers[i])) {
            weft_raise_transport(
                WEFT_SEND, false, "the header %s is set by the client itself: leave it out", *name);
        }
    }
    vstr_init(line, size + 64);
    vstr_add_strn(line, *name, size);
    vstr_add_str(line, ": ");
    size_t before = vstr_len(line);
    add_value(line, *name, items[1]);
    if (vstr_len(line) == before) {
        // libcurl takes "Name:" for "do not send it" and "Name;" for an empty value.
        line->len = size;
        vstr_add_byte(line, ';');
    }
    return vstr_null_terminated_str(line);
}

static void prepare_headers(weft_transfer *transfer, mp_obj_t headers) {
    struct {
        const char *name;
        const char *line; // what is sent unless the caller gives one; "Name:" for nothing
        bool is_given;
    } defaults[] = {
        {"user-agent", "User-Agent: " WEFT_USER_AGENT, false},
        {"accept-encoding", "Accept-Encoding: identity", false},
        {"accept", "Accept:", false},
        {"content-type", "Content-Type:", false},
        {"expect", "Expect:", false},
    };
    mp_obj_iter_buf_t buffer;
    mp_obj_t iterable = mp_getiter(headers, &buffer);
    mp_obj_t pair;
    while ((pair = mp_iternext(iterable)) != MP_OBJ_STOP_ITERATION) {
        vstr_t line;
        const char *name;
        append(&transfer->headers, weft_header_line(&line, pair, &name));
        for (size_t i = 0; i < MP_ARRAY_SIZE(defaults); i++) {
            defaults[i].is_given = defaults[i].is_given || curl_strequal(name, defaults[i].name);
        }
        vstr_clear(&line);
    }
    for (size_t i = 0; i < MP_ARRAY_SIZE(defaults); i++) {
        if (!defaults[i].is_given) {
            append(&transfer->headers, defaults[i].line);
        }
    }
    set_list(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static void prepare_url(weft_transfer *transfer, mp_obj_t url, char **port_text) {
    const char *text = mp_obj_str_get_str(url);
    bool is_clean = strlen(text) == (size_t)mp_obj_get_int(mp_obj_len(url)) && memcmp(text, "http", 4) == 0;
    for (const char *at = text; *at != 0; at++) {
        is_clean = is_clean && *at > 0x20 && *at < 0x7f;
    }
    CURLU *parts = curl_url();
    char *scheme = NULL;
    char *host = NULL;
    char *user = NULL;
    if (is_clean && parts != NULL && curl_url_set(parts, CURLUPART_URL, text, CURLU_PATH_AS_IS) == CURLUE_OK) {
        curl_url_get(parts, CURLUPART_USER, &user, 0);
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
        curl_url_get(parts, CURLUPART_HOST, &host, 0);
        curl_url_get(parts, CURLUPART_PORT, port_text, CURLU_DEFAULT_PORT);
    }
    bool is_http = scheme != NULL && strcmp(scheme, "http") == 0;
    transfer->is_https = scheme != NULL && strcmp(scheme, "https") == 0;
    if ((is_http || transfer->is_https) && host != NULL && user == NULL && *port_text != NULL) {
        bool is_default = strcmp(*port_text, is_http ? "80" : "443") == 0;
        transfer->origin = curl_maprintf(
            "%s://%s%s%s", scheme, host, is_default ? "" : ":", is_default ? "" : *port_text);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(parts);
    if (transfer->origin == NULL) {
        curl_free(*port_text);
        weft_raise_transport(WEFT_RESOLVE, false, "the URL is not one of http or https without a user in it");
    }
}

// The address in its one usual form. False if it is none.
static bool usual_form(const char *text, char *usual, size_t room) {
    uint8_t bytes[16];
    int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    return inet_pton(family, text, bytes) == 1 && inet_ntop(family, bytes, usual, room) != NULL;
}

// Connections are kept for the next request by the name they were made to: a name that stands for exactly these
// addresses, so that a request never gets a connection to an address it may not connect to.
static void prepare_addresses(weft_transfer *transfer, mp_obj_t addresses, const char *port) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(addresses, &count, &items);
    if (count == 0) {
        weft_raise_transport(WEFT_CONNECT, false, "%s: could not connect (it has no address)", transfer->origin);
    }
    vstr_t all;
    vstr_t listed;
    vstr_init(&all, 64);
    vstr_init(&listed, 64);
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < count; i++) {
        char usual[64];
        if (!usual_form(mp_obj_str_get_str(items[i]), usual, sizeof(usual))) {
            mp_raise_ValueError(MP_ERROR_TEXT("an address to connect to is not an IP address"));
        }
        vstr_printf(&all, "%s,", usual);
        bool is_v6 = strchr(usual, ':') != NULL;
        vstr_printf(&listed, is_v6 ? "%s[%s]" : "%s%s", i > 0 ? "," : "", usual);
    }
    for (size_t i = 0; i < vstr_len(&all); i++) {
        hash = (hash ^ (uint8_t)vstr_str(&all)[i]) * 1099511628211u;
    }
    char name[32];
    curl_msnprintf(name, sizeof(name), "%016llx.invalid", (unsigned long long)hash);
    vstr_t line;
    vstr_init(&line, 128);
    vstr_printf(&line, "+%s:%s:%s", name, port, vstr_null_terminated_str(&listed));
    append(&transfer->resolve, vstr_null_terminated_str(&line));
    vstr_reset(&line);
    vstr_printf(&line, "::%s:%s", name, port);
    append(&transfer->connect_to, vstr_null_terminated_str(&line));
    transfer->addresses = strdup(vstr_null_terminated_str(&all));
    if (transfer->addresses == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    set_list(transfer->easy, CURLOPT_RESOLVE, transfer->resolve);
    set_list(transfer->easy, CURLOPT_CONNECT_TO, transfer->connect_to);
}

// None or "", "http://host:port", or that and the value of Proxy-Authorization.
static void prepare_proxy(weft_transfer *transfer, mp_obj_t proxy) {
    CURL *easy = transfer->easy;
    set_text(easy, CURLOPT_PROXY, ""); // not what libcurl would find in the environment
    set_text(easy, CURLOPT_NOPROXY, "");
    if (proxy == mp_const_none) {
        return;
    }
    mp_obj_t url = proxy;
    if (mp_obj_is_type(proxy, &mp_type_tuple)) {
        mp_obj_t *items;
        mp_obj_get_array_fixed_n(proxy, 2, &items);
        url = items[0];
        if (mp_obj_is_true(items[1])) {
            vstr_t line;
            vstr_init(&line, 64);
            vstr_add_str(&line, "Proxy-Authorization: ");
            add_value(&line, "Proxy-Authorization", items[1]);
            append(&transfer->proxy_headers, vstr_null_terminated_str(&line));
            vstr_clear(&line);
        }
    }
    const char *text = mp_obj_str_get_str(url);
    if (*text != 0) {
        if (strncmp(text, "http://", 7) != 0) {
            mp_raise_ValueError(MP_ERROR_TEXT("a proxy is written http://host:port"));
        }
        set_text(easy, CURLOPT_PROXY, text);
        append(&transfer->proxy_headers, "User-Agent: " WEFT_USER_AGENT);
        append(&transfer->proxy_headers, "Proxy-Connection:");
        set_list(easy, CURLOPT_PROXYHEADER, transfer->proxy_headers);
        set_number(easy, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
        set_number(easy, CURLOPT_HTTPPROXYTUNNEL, transfer->is_https);
    }
}

static void prepare_method(weft_transfer *transfer, mp_obj_t method, mp_obj_t body) {
    CURL *easy = transfer->easy;
    const char *name = mp_obj_str_get_str(method);
    bool is_known = false;
    for (size_t i = 0; i < MP_ARRAY_SIZE(methods); i++) {
        is_known = is_known || strcmp(name, methods[i]) == 0;
    }
    if (!is_known || strlen(name) != (size_t)mp_obj_get_int(mp_obj_len(method))) {
        weft_raise_transport(
            WEFT_SEND, false, "%s: the method is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
            transfer->origin);
    }
    mp_buffer_info_t data;
    mp_get_buffer_raise(body, &data, MP_BUFFER_READ);
    if (data.len > 0 || name[0] == 'P') {
        transfer->request_body = malloc(data.len + 1);
        if (transfer->request_body == NULL) {
            mp_raise_type(&mp_type_MemoryError);
        }
        memcpy(transfer->request_body, data.buf, data.len);
        transfer->request_size = data.len;
        set_number(easy, CURLOPT_POST, 1);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)data.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->request_body);
    } else {
        set_number(easy, strcmp(name, "HEAD") == 0 ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1);
    }
    set_text(easy, CURLOPT_CUSTOMREQUEST, name);
}

// connect, first byte, between bytes, total; each at least a millisecond.
static void prepare_timeouts(weft_transfer *transfer, mp_obj_t timeouts_ms) {
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(timeouts_ms, 4, &items);
    int *limits[] = {&transfer->connect_ms, &transfer->first_byte_ms, &transfer->between_ms, &transfer->total_ms};
    for (size_t i = 0; i < MP_ARRAY_SIZE(limits); i++) {
        mp_int_t limit_ms = mp_obj_get_int_truncated(items[i]);
        *limits[i] = limit_ms < 1 ? 1 : limit_ms > 0x3fffffff ? 0x3fffffff : (int)limit_ms;
    }
}

void weft_request_prepare(weft_transfer *transfer, const weft_request *request) {
    CURL *easy = transfer->easy = curl_easy_init();
    char *port = NULL;
    if (easy == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    prepare_url(transfer, request->url, &port);
    char port_copy[8];
    curl_msnprintf(port_copy, sizeof(port_copy), "%s", port);
    curl_free(port);
    prepare_timeouts(transfer, request->timeouts_ms);
    prepare_method(transfer, request->method, request->body);
    prepare_headers(transfer, request->headers);
    bool is_pinned = request->addresses != mp_const_none;
    // A proxy would resolve the name again: a pinned request goes directly.
    prepare_proxy(transfer, is_pinned ? mp_const_none : request->proxy);
    if (is_pinned) {
        prepare_addresses(transfer, request->addresses, port_copy);
    }
    set_text(easy, CURLOPT_URL, mp_obj_str_get_str(request->url));
    set_number(easy, CURLOPT_PATH_AS_IS, 1);
    set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set_number(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set_number(easy, CURLOPT_FOLLOWLOCATION, 0);
}
