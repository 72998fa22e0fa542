// wasi:http/incoming-handler: hands a request to clawft/embedded/serve.py and moves its bodies at the one wait point.
//
//   incoming(handle) -> (method, path and query, ((name, value), ...)), names in lower case
//   read(handle, n) -> None | b"" at the end of the request's body | bytes; OSError(ECONNRESET) where it broke off
//   respond(handle, status, ((name, value), ...)); once
//   write(handle, data) -> all of it, kept until the host takes it; want_write: wait() reports when it has
//   close(handle): the answer is whole if the host has taken all of it, else it is cut off
#if WEFT_COMPONENT
#include "weft_served.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "py/objtuple.h"
#include "weft_exchange.h"
#include "weft_exports.h"

enum { PIECE_BYTES = 32768, STATUS_WITHOUT_ANSWER = 500 };

typedef struct {
    weft_handle handle;
    wasi_handle request;
    wasi_handle in_body;
    wasi_handle in_stream;
    wasi_handle outparam; // until there is an answer
    wasi_handle out_body;
    wasi_handle out_stream;
    bool is_in_broken;
    bool is_gone; // whoever asked does not listen any more
    weft_bytes in;
    weft_bytes out;
} served_request;

// The host calls handle() again only when it has returned.
static served_request *current;

static void forget_error(const wasi_stream_error *error) {
    if (error->kind == WASI_STREAM_FAILED) {
        wasi_error_drop(error->error);
    }
}

// ---- moving

static void end_reading(served_request *self) {
    if (self->in_stream != 0) {
        wasi_input_drop(self->in_stream);
    }
    if (self->in_body != 0) {
        wasi_incoming_drop(self->in_body);
    }
    self->in_stream = self->in_body = 0;
}

static void read_on(served_request *self) {
    while (self->in_stream != 0 && weft_bytes_size(&self->in) < WEFT_BODY_LIMIT_BYTES) {
        wasi_read_result result;
        wasi_input_read(self->in_stream, PIECE_BYTES, &result);
        if (result.is_error) {
            self->is_in_broken = result.failure.kind == WASI_STREAM_FAILED;
            forget_error(&result.failure);
            end_reading(self);
            return;
        }
        bool is_kept = weft_bytes_add(&self->in, result.data.data, result.data.size);
        wasi_free(result.data.data, result.data.size);
        if (!is_kept) {
            self->is_in_broken = true;
            end_reading(self);
        }
        if (result.data.size == 0) {
            return;
        }
    }
}

static void stop_writing(served_request *self, const wasi_stream_error *error) {
    forget_error(error);
    self->is_gone = true;
    weft_bytes_free(&self->out);
}

static void write_on(served_request *self) {
    while (self->out_stream != 0 && !self->is_gone && weft_bytes_size(&self->out) > 0) {
        wasi_check_result check;
        wasi_output_check(self->out_stream, &check);
        if (check.is_error) {
            stop_writing(self, &check.failure);
            return;
        }
        size_t size = weft_bytes_size(&self->out);
        size = size < PIECE_BYTES ? size : PIECE_BYTES;
        size = size < check.size ? size : (size_t)check.size;
        if (size == 0) {
            return;
        }
        wasi_write_result written;
        wasi_output_write(self->out_stream, self->out.data + self->out.start, size, &written);
        if (written.is_error) {
            stop_writing(self, &written.failure);
            return;
        }
        weft_bytes_skip(&self->out, size);
    }
}

void weft_served_move(void) {
    if (current != NULL) {
        read_on(current);
        write_on(current);
    }
}

size_t weft_served_subscribe(wasi_handle *pollables) {
    size_t count = 0;
    if (current != NULL && current->in_stream != 0 && weft_bytes_size(&current->in) < WEFT_BODY_LIMIT_BYTES) {
        pollables[count++] = wasi_input_subscribe(current->in_stream);
    }
    if (current != NULL && !current->is_gone && weft_bytes_size(&current->out) > 0) {
        pollables[count++] = wasi_output_subscribe(current->out_stream);
    }
    return count;
}

// ---- the answer

// Without an answer from Python: what a handler owes its host in any case.
static void answer(served_request *self, int status, wasi_handle fields) {
    wasi_handle made = wasi_answer_new(fields);
    wasi_answer_set_status(made, status);
    wasi_maybe_handle body;
    wasi_answer_body(made, &body);
    if (!body.is_error) {
        self->out_body = body.handle;
        wasi_body_write(self->out_body, &body);
        self->out_stream = body.is_error ? 0 : body.handle;
    }
    self->is_gone = body.is_error != 0;
    wasi_outparam_set(self->outparam, 0, made, 0, 0, 0, 0, 0, 0);
    self->outparam = 0;
}

static void end(weft_handle *handle) {
    served_request *self = (served_request *)handle;
    if (self->outparam != 0) {
        answer(self, STATUS_WITHOUT_ANSWER, wasi_fields_new());
    }
    bool is_whole = !self->is_gone && weft_bytes_size(&self->out) == 0;
    if (self->out_stream != 0) {
        wasi_output_drop(self->out_stream);
    }
    if (self->out_body != 0 && is_whole) {
        wasi_http_result result;
        wasi_body_finish(self->out_body, 0, 0, &result);
    } else if (self->out_body != 0) {
        wasi_body_drop(self->out_body);
    }
    end_reading(self);
    if (self->request != 0) {
        wasi_incoming_request_drop(self->request);
    }
    weft_bytes_free(&self->in);
    weft_bytes_free(&self->out);
    current = NULL;
}

// ---- the handle

static bool is_ready(weft_handle *handle, short seen) {
    (void)seen;
    served_request *self = (served_request *)handle;
    bool is_readable = weft_bytes_size(&self->in) > 0 || self->in_stream == 0;
    bool is_taken = weft_bytes_size(&self->out) == 0;
    return (handle->is_read_wanted && is_readable) || (handle->is_write_wanted && is_taken);
}

static mp_obj_t read_body(weft_handle *handle, size_t limit_bytes) {
    served_request *self = (served_request *)handle;
    read_on(self);
    size_t size = weft_bytes_size(&self->in);
    if (size > 0) {
        size = size < limit_bytes ? size : limit_bytes;
        mp_obj_t data = mp_obj_new_bytes(self->in.data + self->in.start, size);
        weft_bytes_skip(&self->in, size);
        return data;
    }
    if (self->is_in_broken) {
        weft_raise_errno(ECONNRESET);
    }
    return self->in_stream == 0 ? mp_const_empty_bytes : mp_const_none;
}

static size_t write_body(weft_handle *handle, const uint8_t *data, size_t size_bytes) {
    served_request *self = (served_request *)handle;
    if (self->outparam != 0) {
        weft_raise_errno(EBADF); // nothing is said before the head
    }
    if (!self->is_gone && !weft_bytes_add(&self->out, data, size_bytes)) {
        mp_raise_type(&mp_type_MemoryError);
    }
    write_on(self);
    return size_bytes;
}

static const weft_kind served_kind = {
    .name = "served request",
    .is_ready = is_ready,
    .read = read_body,
    .write = write_body,
    .close = end,
};

static mp_obj_t method_of(wasi_handle request) {
    static const char *const names[] = {
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    };
    wasi_method method;
    wasi_incoming_method(request, &method);
    if (method.method < MP_ARRAY_SIZE(names)) {
        return mp_obj_new_str_from_cstr(names[method.method]);
    }
    mp_obj_t name = weft_text_latin1((const char *)method.other.data, method.other.size, false);
    wasi_free(method.other.data, method.other.size);
    return name;
}

static mp_obj_t path_of(wasi_handle request) {
    wasi_maybe_text path;
    wasi_incoming_path(request, &path);
    if (!path.is_some) {
        return mp_obj_new_str("/", 1);
    }
    mp_obj_t text = weft_text_latin1((const char *)path.text.data, path.text.size, false);
    wasi_free(path.text.data, path.text.size);
    return text;
}

static mp_obj_t headers_of(wasi_handle request) {
    wasi_handle fields = wasi_incoming_headers(request);
    wasi_list entries;
    wasi_fields_entries(fields, &entries);
    wasi_fields_drop(fields);
    wasi_field *each = (wasi_field *)entries.data;
    mp_obj_tuple_t *all = MP_OBJ_TO_PTR(mp_obj_new_tuple(entries.size, NULL));
    for (size_t i = 0; i < entries.size; i++) {
        mp_obj_t pair[] = {
            weft_text_latin1((const char *)each[i].name.data, each[i].name.size, true),
            weft_text_latin1((const char *)each[i].value.data, each[i].value.size, false),
        };
        all->items[i] = mp_obj_new_tuple(2, pair);
        wasi_free(each[i].name.data, each[i].name.size);
        wasi_free(each[i].value.data, each[i].value.size);
    }
    wasi_free(entries.data, entries.size);
    return MP_OBJ_FROM_PTR(all);
}

static mp_obj_t weft_incoming(mp_obj_t number) {
    served_request *self = weft_handle_get(number, &served_kind);
    mp_obj_t all[] = {method_of(self->request), path_of(self->request), headers_of(self->request)};
    return mp_obj_new_tuple(3, all);
}
WEFT_1(incoming);

static mp_obj_t weft_respond(mp_obj_t number, mp_obj_t status, mp_obj_t headers) {
    served_request *self = weft_handle_get(number, &served_kind);
    if (self->outparam == 0) {
        weft_raise_errno(EBADF);
    }
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(headers, &count, &items);
    int code = (int)mp_obj_get_int(status);
    wasi_handle fields = wasi_fields_new();
    for (size_t i = 0; i < count; i++) {
        mp_obj_t *pair;
        mp_obj_get_array_fixed_n(items[i], 2, &pair);
        size_t name_size, value_size;
        const char *name = mp_obj_str_get_data(pair[0], &name_size);
        const char *value = mp_obj_str_get_data(pair[1], &value_size);
        uint8_t result[2];
        wasi_fields_append(fields, name, name_size, value, value_size, result); // serve.py has only such as it takes
    }
    answer(self, code, fields);
    return mp_const_none;
}
WEFT_3(respond);

// ---- the export

// Apart from the export, so that all that Python holds is below `top`.
MP_NOINLINE static void serve(wasi_handle request, wasi_handle outparam) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        weft_die("weft: out of memory: none is left for a request\n");
    }
    weft_exchanges_join();
    served_request *self = weft_handle_new(&served_kind, sizeof(served_request));
    nlr_pop();
    self->request = request;
    self->outparam = outparam;
    wasi_maybe_handle made;
    wasi_incoming_consume(request, &made);
    if (!made.is_error) {
        self->in_body = made.handle;
        wasi_incoming_stream(self->in_body, &made);
        self->in_stream = made.is_error ? 0 : made.handle;
    }
    self->is_in_broken = made.is_error != 0;
    current = self;
    mp_obj_t number = weft_handle_object(self);
    weft_export_call("clawft.embedded.serve", MP_QSTR_serve, 1, &number);
    if (current == self) {
        weft_handle_close(&self->handle);
    }
}

WASI_EXPORT("wasi:http/incoming-handler@" WASI_VERSION "#handle")
void weft_component_handle(wasi_handle request, wasi_handle outparam) {
    char top = 0;
    weft_export_begin(&top);
    serve(request, outparam);
}
#else
typedef int weft_no_component_serve; // a translation unit may not be empty
#endif
