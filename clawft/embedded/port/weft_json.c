// The module `json`, in place of MicroPython's, which reads what only looks like JSON (`[1 2]`, `{"a" 1}`, `01`), breaks
// surrogate pairs and writes objects it does not know.
//
//   loads(text or bytes, limit_bytes=0) -> value; ValueError says what is wrong and where: RFC 8259 to the letter
//   dumps(value) -> str on one line, as CPython's with ensure_ascii=False, allow_nan=False, separators=(",", ":")
//   DEPTH_LIMIT: values nested deeper are refused in both directions (ValueError)
//
// Both take time in proportion to the size. As in CPython: of equal keys the last counts, whole numbers are exact up to
// 4300 digits (more would take quadratic time: ValueError), 1e999 is inf. Unlike CPython: half of a surrogate pair, which
// UTF-8 cannot hold, is read as U+FFFD.
#include <stdlib.h>
#include <string.h>

#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/runtime.h"
#include "weft.h"
#include "weft_json.h"

// The text as it is written, in memory of malloc(): how long it gets is known only at its end, and growing on the heap
// would search it for ever larger gaps. It is kept for the next text.
typedef struct {
    char *text;
    size_t len;
    size_t room;
} writer_t;

static writer_t writer;

enum { FIRST_BYTES = 4096, KEPT_BYTES = 64 * 1024 };

static char *room_for(writer_t *out, size_t bytes) {
    if (bytes > out->room - out->len) {
        size_t room = MAX((out->len + bytes) * 2, FIRST_BYTES);
        char *text = room / 2 > weft_heap_limit() ? NULL : realloc(out->text, room);
        if (text == NULL) {
            m_malloc_fail(room);
        }
        out->text = text;
        out->room = room;
    }
    out->len += bytes;
    return out->text + out->len - bytes;
}

static void put(void *out, const char *text, size_t bytes) {
    memcpy(room_for(out, bytes), text, bytes);
}

static void put_escaped(writer_t *out, byte one) {
    static const char escaped[] = "\"\\\b\f\n\r\t";
    static const char names[] = "\"\\bfnrt";
    const char *found = one == 0 ? NULL : strchr(escaped, one);
    if (found != NULL) {
        char *at = room_for(out, 2);
        at[0] = '\\';
        at[1] = names[found - escaped];
    } else {
        char *at = room_for(out, 6);
        memcpy(at, "\\u00", 4);
        at[4] = '0' + (one >> 4);
        at[5] = "0123456789abcdef"[one & 15];
    }
}

static void write_string(writer_t *out, mp_obj_t value) {
    size_t len;
    const char *at = mp_obj_str_get_data(value, &len);
    const char *end = at + len;
    put(out, "\"", 1);
    while (at < end) {
        const char *first = at;
        while (at < end && (byte)*at >= 0x20 && *at != '"' && *at != '\\') {
            at++;
        }
        put(out, first, at - first);
        if (at < end) {
            put_escaped(out, *at++);
        }
    }
    put(out, "\"", 1);
}

// None, booleans and numbers; false for all else.
static bool write_scalar(writer_t *out, mp_obj_t value) {
    if (value == mp_const_none) {
        put(out, "null", 4);
    } else if (value == mp_const_true) {
        put(out, "true", 4);
    } else if (value == mp_const_false) {
        put(out, "false", 5);
    } else if (mp_obj_is_int(value) || mp_obj_is_float(value)) {
        if (mp_obj_is_float(value)) {
            mp_float_t number = mp_obj_float_get(value);
            if (number - number != 0) {
                mp_raise_ValueError(MP_ERROR_TEXT("NaN and Infinity are not JSON"));
            }
        }
        mp_print_t print = {out, put};
        mp_obj_print_helper(&print, value, PRINT_REPR);
    } else {
        return false;
    }
    return true;
}

static void write_value(writer_t *out, mp_obj_t value, size_t depth);

static void write_key(writer_t *out, mp_obj_t key) {
    if (mp_obj_is_str(key)) {
        write_string(out, key);
        return;
    }
    put(out, "\"", 1);
    if (!write_scalar(out, key)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("a key of a JSON object must be text, not %s"),
            mp_obj_get_type_str(key));
    }
    put(out, "\"", 1);
}

static void write_dict(writer_t *out, mp_obj_t value, size_t depth) {
    const mp_map_t *map = mp_obj_dict_get_map(value);
    bool is_first = true;
    put(out, "{", 1);
    for (size_t i = mp_map_first(map); i < mp_map_end(map); i++) {
        if (mp_map_slot_is_filled(map, i)) {
            put(out, ",", !is_first);
            is_first = false;
            write_key(out, map->table[i].key);
            put(out, ":", 1);
            write_value(out, map->table[i].value, depth + 1);
        }
    }
    put(out, "}", 1);
}

static void write_sequence(writer_t *out, mp_obj_t value, size_t depth) {
    size_t len;
    mp_obj_t *items;
    mp_obj_get_array(value, &len, &items);
    put(out, "[", 1);
    for (size_t i = 0; i < len; i++) {
        put(out, ",", i > 0);
        write_value(out, items[i], depth + 1);
    }
    put(out, "]", 1);
}

// Named ones too.
static bool is_tuple(mp_obj_t value) {
    return mp_obj_is_obj(value)
        && MP_OBJ_TYPE_GET_SLOT_OR_NULL(mp_obj_get_type(value), iter) == (const void *)mp_obj_tuple_getiter;
}

// No Python code runs from here on: nothing can change what is being written.
static void write_value(writer_t *out, mp_obj_t value, size_t depth) {
    if (depth > DEPTH_LIMIT) {
        mp_raise_ValueError(MP_ERROR_TEXT("nested too deeply for JSON, or within itself"));
    }
    if (mp_obj_is_str(value)) {
        write_string(out, value);
    } else if (mp_obj_is_dict_or_ordereddict(value)) {
        write_dict(out, value, depth);
    } else if (mp_obj_is_type(value, &mp_type_list) || is_tuple(value)) {
        write_sequence(out, value, depth);
    } else if (!write_scalar(out, value)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("not a JSON value: %s"), mp_obj_get_type_str(value));
    }
}

static mp_obj_t json_dumps(mp_obj_t value) {
    writer.len = 0;
    write_value(&writer, value, 0);
    mp_obj_t text = mp_obj_new_str_copy(&mp_type_str, (const byte *)writer.text, writer.len);
    if (writer.room > KEPT_BYTES) {
        free(writer.text);
        memset(&writer, 0, sizeof(writer));
    }
    return text;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(json_loads_obj, 1, 2, weft_json_loads);
static MP_DEFINE_CONST_FUN_OBJ_1(json_dumps_obj, json_dumps);

static const mp_rom_map_elem_t json_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_json)},
    {MP_ROM_QSTR(MP_QSTR_loads), MP_ROM_PTR(&json_loads_obj)},
    {MP_ROM_QSTR(MP_QSTR_dumps), MP_ROM_PTR(&json_dumps_obj)},
    {MP_ROM_QSTR(MP_QSTR_DEPTH_LIMIT), MP_ROM_INT(DEPTH_LIMIT)},
};
static MP_DEFINE_CONST_DICT(json_globals, json_globals_table);

const mp_obj_module_t weft_json_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&json_globals,
};
MP_REGISTER_MODULE(MP_QSTR_json, weft_json_module);
