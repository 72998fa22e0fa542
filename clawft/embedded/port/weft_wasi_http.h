// What a component imports of WASI 0.2, written by hand: each function as the canonical ABI lowers it to a core one.
//
// A handle of a resource is an int32_t above 0; 0 is none here. What does not fit into one core value comes back through
// a pointer, in the layout of the structures below. Lists and strings that come back are malloc'ed (cabi_realloc) and the
// caller's to free (wasi_free). A resource must be dropped before the one that it came out of.

#ifndef WEFT_WASI_HTTP_H
#define WEFT_WASI_HTTP_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define WASI_VERSION "0.2.12"
#define WASI(interface, name) \
    __attribute__((import_module("wasi:" interface "@" WASI_VERSION), import_name(name))) extern

typedef int32_t wasi_handle;

typedef struct {
    uint8_t *data;
    size_t size;
} wasi_list;

// Gives back what the host allocated. Of nothing it may have made any pointer.
static inline void wasi_free(void *data, size_t size) {
    if (size > 0) {
        free(data);
    }
}

// result<own resource>, without a word about why not
typedef struct {
    uint8_t is_error;
    wasi_handle handle;
} wasi_maybe_handle;

// A function of an interface that is exported, as the canonical ABI lifts it.
#define WASI_EXPORT(name) __attribute__((export_name(name)))

// ---- wasi:io

enum { WASI_STREAM_FAILED, WASI_STREAM_CLOSED };

// `error` is a resource where the kind is WASI_STREAM_FAILED
typedef struct {
    uint8_t kind;
    wasi_handle error;
} wasi_stream_error;

typedef struct {
    uint8_t is_error;
    union {
        wasi_list data;
        wasi_stream_error failure;
    };
} wasi_read_result;

typedef struct {
    uint8_t is_error;
    union {
        uint64_t size;
        wasi_stream_error failure;
    };
} wasi_check_result;

typedef struct {
    uint8_t is_error;
    wasi_stream_error failure;
} wasi_write_result;

WASI("io/error", "[method]error.to-debug-string") void wasi_error_text(wasi_handle error, wasi_list *text);
WASI("io/error", "[resource-drop]error") void wasi_error_drop(wasi_handle error);
WASI("io/poll", "poll") void wasi_poll(const wasi_handle *pollables, size_t count, wasi_list *ready);
WASI("io/poll", "[resource-drop]pollable") void wasi_pollable_drop(wasi_handle pollable);
WASI("io/streams", "[method]input-stream.read")
void wasi_input_read(wasi_handle stream, uint64_t limit, wasi_read_result *result);
WASI("io/streams", "[method]input-stream.subscribe") wasi_handle wasi_input_subscribe(wasi_handle stream);
WASI("io/streams", "[resource-drop]input-stream") void wasi_input_drop(wasi_handle stream);
WASI("io/streams", "[method]output-stream.check-write")
void wasi_output_check(wasi_handle stream, wasi_check_result *result);
WASI("io/streams", "[method]output-stream.write")
void wasi_output_write(wasi_handle stream, const uint8_t *data, size_t size, wasi_write_result *result);
WASI("io/streams", "[method]output-stream.subscribe") wasi_handle wasi_output_subscribe(wasi_handle stream);
WASI("io/streams", "[resource-drop]output-stream") void wasi_output_drop(wasi_handle stream);

// ---- wasi:clocks, wasi:cli

WASI("clocks/monotonic-clock", "subscribe-duration") wasi_handle wasi_subscribe_duration(uint64_t nanoseconds);
WASI("cli/stdin", "get-stdin") wasi_handle wasi_stdin(void);

// ---- wasi:http

// The cases of `method` and `scheme`; those beyond carry a string.
enum { WASI_GET, WASI_HEAD, WASI_POST, WASI_PUT, WASI_DELETE, WASI_CONNECT, WASI_OPTIONS, WASI_TRACE, WASI_PATCH };
enum { WASI_HTTP, WASI_HTTPS };

typedef struct {
    uint8_t is_some;
    wasi_list text;
} wasi_maybe_text;

// The cases are listed in weft_error_component.c, with what each carries.
typedef struct {
    uint8_t code;
    union {
        wasi_maybe_text text;
        struct {
            uint8_t is_some[2];
            wasi_maybe_text text;
        } behind; // what comes first is an option that nobody asks for
        uint64_t number; // no more than this needs the alignment
        uint8_t room[24];
    };
} wasi_http_error;

typedef struct {
    uint8_t is_error;
    union {
        wasi_handle handle;
        wasi_http_error error;
    };
} wasi_http_result;

// option<result<result<incoming-response, error-code>>>
typedef struct {
    uint8_t is_some;
    alignas(8) uint8_t is_taken;
    wasi_http_result result;
} wasi_future_result;

_Static_assert(sizeof(wasi_http_error) == 32 && sizeof(wasi_http_result) == 40, "canonical ABI");
_Static_assert(sizeof(wasi_future_result) == 56 && offsetof(wasi_future_result, result) == 16, "canonical ABI");
_Static_assert(sizeof(wasi_read_result) == 12 && sizeof(wasi_check_result) == 16, "canonical ABI");

typedef struct {
    wasi_list name;
    wasi_list value;
} wasi_field;

WASI("http/types", "[constructor]fields") wasi_handle wasi_fields_new(void);
// result<_, header-error>: is_error, header-error
WASI("http/types", "[method]fields.append")
void wasi_fields_append(
    wasi_handle fields, const char *name, size_t name_size, const char *value, size_t value_size, uint8_t result[2]);
WASI("http/types", "[method]fields.entries") void wasi_fields_entries(wasi_handle fields, wasi_list *entries);
WASI("http/types", "[resource-drop]fields") void wasi_fields_drop(wasi_handle fields);

// The setters answer 0, or 1 for what the host does not take.
WASI("http/types", "[constructor]outgoing-request") wasi_handle wasi_request_new(wasi_handle fields);
WASI("http/types", "[method]outgoing-request.set-method")
int32_t wasi_request_set_method(wasi_handle request, int32_t method, const char *other, size_t other_size);
WASI("http/types", "[method]outgoing-request.set-scheme")
int32_t wasi_request_set_scheme(
    wasi_handle request, int32_t is_some, int32_t scheme, const char *other, size_t other_size);
WASI("http/types", "[method]outgoing-request.set-authority")
int32_t wasi_request_set_authority(wasi_handle request, int32_t is_some, const char *text, size_t size);
WASI("http/types", "[method]outgoing-request.set-path-with-query")
int32_t wasi_request_set_path(wasi_handle request, int32_t is_some, const char *text, size_t size);
WASI("http/types", "[method]outgoing-request.body")
void wasi_request_body(wasi_handle request, wasi_maybe_handle *body);
WASI("http/types", "[resource-drop]outgoing-request") void wasi_request_drop(wasi_handle request);
WASI("http/types", "[method]outgoing-body.write") void wasi_body_write(wasi_handle body, wasi_maybe_handle *stream);
WASI("http/types", "[static]outgoing-body.finish")
void wasi_body_finish(wasi_handle body, int32_t is_some, wasi_handle trailers, wasi_http_result *result);
WASI("http/types", "[resource-drop]outgoing-body") void wasi_body_drop(wasi_handle body);

WASI("http/types", "[constructor]request-options") wasi_handle wasi_options_new(void);
WASI("http/types", "[method]request-options.set-connect-timeout")
int32_t wasi_options_set_connect(wasi_handle options, int32_t is_some, uint64_t nanoseconds);
WASI("http/types", "[method]request-options.set-first-byte-timeout")
int32_t wasi_options_set_first_byte(wasi_handle options, int32_t is_some, uint64_t nanoseconds);
WASI("http/types", "[method]request-options.set-between-bytes-timeout")
int32_t wasi_options_set_between_bytes(wasi_handle options, int32_t is_some, uint64_t nanoseconds);
WASI("http/types", "[resource-drop]request-options") void wasi_options_drop(wasi_handle options);

// Takes the request and the options over.
WASI("http/outgoing-handler", "handle")
void wasi_http_handle(wasi_handle request, int32_t is_some, wasi_handle options, wasi_http_result *future);
WASI("http/types", "[method]future-incoming-response.subscribe") wasi_handle wasi_future_subscribe(wasi_handle future);
WASI("http/types", "[method]future-incoming-response.get")
void wasi_future_get(wasi_handle future, wasi_future_result *result);
WASI("http/types", "[resource-drop]future-incoming-response") void wasi_future_drop(wasi_handle future);

// The handler's side.
typedef struct {
    uint8_t method;
    wasi_list other; // where the method has no case of its own
} wasi_method;

WASI("http/types", "[method]incoming-request.method") void wasi_incoming_method(wasi_handle request, wasi_method *method);
WASI("http/types", "[method]incoming-request.path-with-query")
void wasi_incoming_path(wasi_handle request, wasi_maybe_text *path);
WASI("http/types", "[method]incoming-request.headers") wasi_handle wasi_incoming_headers(wasi_handle request);
WASI("http/types", "[method]incoming-request.consume")
void wasi_incoming_consume(wasi_handle request, wasi_maybe_handle *body);
WASI("http/types", "[resource-drop]incoming-request") void wasi_incoming_request_drop(wasi_handle request);
WASI("http/types", "[constructor]outgoing-response") wasi_handle wasi_answer_new(wasi_handle fields);
WASI("http/types", "[method]outgoing-response.set-status-code")
int32_t wasi_answer_set_status(wasi_handle answer, int32_t status);
WASI("http/types", "[method]outgoing-response.body") void wasi_answer_body(wasi_handle answer, wasi_maybe_handle *body);
WASI("http/types", "[resource-drop]outgoing-response") void wasi_answer_drop(wasi_handle answer);
// Takes both over. What follows `answer` would be an error code's.
WASI("http/types", "[static]response-outparam.set")
void wasi_outparam_set(
    wasi_handle outparam, int32_t is_error, int32_t answer, int32_t, int64_t, int32_t, int32_t, int32_t, int32_t);

WASI("http/types", "[method]incoming-response.status") int32_t wasi_response_status(wasi_handle response);
WASI("http/types", "[method]incoming-response.headers") wasi_handle wasi_response_headers(wasi_handle response);
WASI("http/types", "[method]incoming-response.consume")
void wasi_response_consume(wasi_handle response, wasi_maybe_handle *body);
WASI("http/types", "[resource-drop]incoming-response") void wasi_response_drop(wasi_handle response);
WASI("http/types", "[method]incoming-body.stream")
void wasi_incoming_stream(wasi_handle body, wasi_maybe_handle *stream);
WASI("http/types", "[resource-drop]incoming-body") void wasi_incoming_drop(wasi_handle body);

#endif
