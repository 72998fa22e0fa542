// Reads JSON (RFC 8259, to the letter) into values, in time in proportion to its size. The values of `loads` in weft_json.c.
#include <string.h>

#include "py/objstr.h"
#include "py/parsenum.h"
#include "py/runtime.h"
#include "py/unicode.h"
#include "weft_json.h"

#define DIGITS_LIMIT (4300)
#define SHOWN_DIGITS (40)
#define SMALL_DIGITS (9) // fit every target's small int

typedef struct {
    const byte *start;
    const byte *at;
    const byte *end;
} reader_t;

static NORETURN void refuse_at(const reader_t *reader, const byte *at, const char *what) {
    size_t line = 1;
    const byte *line_start = reader->start;
    for (const byte *one = reader->start; one < at; one++) {
        if (*one == '\n') {
            line++;
            line_start = one + 1;
        }
    }
    size_t column = utf8_charlen(line_start, at - line_start) + 1;
    size_t character = utf8_charlen(reader->start, at - reader->start);
    mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s: line %u column %u (char %u)"), what, (unsigned)line,
        (unsigned)column, (unsigned)character);
}

static NORETURN void refuse(const reader_t *reader, const char *what) {
    refuse_at(reader, reader->at, what);
}

// The next byte that counts, or -1 at the end; it is not taken.
static int peek(reader_t *reader) {
    for (; reader->at < reader->end; reader->at++) {
        byte one = *reader->at;
        if (one != ' ' && one != '\n' && one != '\r' && one != '\t') {
            return one;
        }
    }
    return -1;
}

static int hex_digit(byte one) {
    if (one >= '0' && one <= '9') {
        return one - '0';
    }
    one |= 0x20;
    return one >= 'a' && one <= 'f' ? one - 'a' + 10 : -1;
}

// The code of \uXXXX whose XXXX is at `at`, or -1.
static int escaped_code(const byte *at, const byte *end) {
    if (end - at < 4) {
        return -1;
    }
    int code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        code = code << 4 | digit;
    }
    return code;
}

static char *put_utf8(char *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = code;
    } else if (code < 0x800) {
        *out++ = 0xC0 | code >> 6;
        *out++ = 0x80 | (code & 0x3F);
    } else {
        if (code < 0x10000) {
            *out++ = 0xE0 | code >> 12;
        } else {
            *out++ = 0xF0 | code >> 18;
            *out++ = 0x80 | (code >> 12 & 0x3F);
        }
        *out++ = 0x80 | (code >> 6 & 0x3F);
        *out++ = 0x80 | (code & 0x3F);
    }
    return out;
}

// After the `u` of an escape; takes the other half of a pair too.
static const byte *unescape_unicode(const reader_t *reader, const byte *at, char **out) {
    int code = escaped_code(at, reader->end);
    if (code < 0) {
        refuse_at(reader, at - 2, "Invalid \\uXXXX escape");
    }
    at += 4;
    uint32_t whole = code;
    if (code >= 0xD800 && code < 0xE000) {
        whole = 0xFFFD;
        if (code < 0xDC00 && reader->end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
            int low = escaped_code(at + 2, reader->end);
            if (low >= 0xDC00 && low < 0xE000) {
                whole = 0x10000 + ((uint32_t)(code - 0xD800) << 10) + (low - 0xDC00);
                at += 6;
            }
        }
    }
    *out = put_utf8(*out, whole);
    return at;
}

static mp_obj_t unescaped(const reader_t *reader, const byte *at, const byte *end) {
    static const char names[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    vstr_t text;
    vstr_init(&text, end - at + 1); // no escape is shorter than what it means
    char *out = text.buf;
    while (at < end) {
        byte one = *at++;
        if (one != '\\') {
            *out++ = one;
            continue;
        }
        one = *at++; // there is one: the closing quote was not escaped
        const char *found = one == 0 ? NULL : strchr(names, one);
        if (found != NULL) {
            *out++ = meant[found - names];
        } else if (one == 'u') {
            at = unescape_unicode(reader, at, &out);
        } else {
            refuse_at(reader, at - 2, "Invalid \\escape");
        }
    }
    text.len = out - text.buf;
    return mp_obj_new_str_from_utf8_vstr(&text);
}

static mp_obj_t read_string(reader_t *reader, bool is_key) {
    const byte *start = ++reader->at;
    bool has_escape = false;
    const byte *at = start;
    for (; at < reader->end && *at != '"'; at++) {
        if (*at < 0x20) {
            refuse_at(reader, at, "Invalid control character");
        }
        if (*at == '\\') {
            has_escape = true;
            at++;
        }
    }
    if (at >= reader->end) {
        refuse_at(reader, start - 1, "Unterminated string");
    }
    reader->at = at + 1;
    if (has_escape) {
        return unescaped(reader, start, at);
    }
    if (is_key) {
        return mp_obj_new_str((const char *)start, at - start); // most keys are names that the code has too
    }
    return mp_obj_new_str_copy(&mp_type_str, start, at - start);
}

static const byte *digits(const reader_t *reader, const byte *at) {
    const byte *first = at;
    while (at < reader->end && *at >= '0' && *at <= '9') {
        at++;
    }
    if (at == first) {
        refuse(reader, "Expecting value");
    }
    return at;
}

// 1e999 would be read as infinity, which nothing that counts or waits expects. In the words of core/compat.py.
static mp_obj_t finite_float(const char *start, size_t size) {
    mp_obj_t found = mp_parse_num_float(start, size, false, NULL);
    mp_float_t value = mp_obj_float_get(found);
    if (value - value != 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("the number %.*s is out of range"),
            (int)(size < SHOWN_DIGITS ? size : SHOWN_DIGITS), start);
    }
    return found;
}

static mp_obj_t read_number(reader_t *reader) {
    const byte *start = reader->at;
    const byte *whole = *start == '-' ? start + 1 : start;
    const byte *at = digits(reader, whole);
    size_t count = at - whole;
    if (count > 1 && *whole == '0') {
        refuse(reader, "Number with a leading 0");
    }
    bool is_whole = true;
    if (at < reader->end && *at == '.') {
        is_whole = false;
        at = digits(reader, at + 1);
    }
    if (at < reader->end && (*at | 0x20) == 'e') {
        is_whole = false;
        at++;
        if (at < reader->end && (*at == '+' || *at == '-')) {
            at++;
        }
        at = digits(reader, at);
    }
    if (!is_whole) {
        reader->at = at;
        return finite_float((const char *)start, at - start);
    }
    if (count <= SMALL_DIGITS) {
        mp_int_t value = 0;
        for (; whole < at; whole++) {
            value = value * 10 + (*whole - '0');
        }
        reader->at = at;
        return MP_OBJ_NEW_SMALL_INT(*start == '-' ? -value : value);
    }
    if (count > DIGITS_LIMIT) {
        refuse(reader, "Number with more than 4300 digits");
    }
    reader->at = at;
    return mp_parse_num_integer((const char *)start, at - start, 10, NULL);
}

static mp_obj_t read_word(reader_t *reader) {
    static const struct {
        const char *text;
        mp_rom_obj_t value;
    } words[] = {{"true", MP_ROM_TRUE}, {"false", MP_ROM_FALSE}, {"null", MP_ROM_NONE}};
    for (size_t i = 0; i < MP_ARRAY_SIZE(words); i++) {
        size_t len = strlen(words[i].text);
        if ((size_t)(reader->end - reader->at) >= len && memcmp(reader->at, words[i].text, len) == 0) {
            reader->at += len;
            return MP_OBJ_FROM_PTR(words[i].value);
        }
    }
    refuse(reader, "Expecting value");
}

static mp_obj_t read_value(reader_t *reader, size_t depth);

static mp_obj_t read_array(reader_t *reader, size_t depth) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    reader->at++;
    if (peek(reader) == ']') {
        reader->at++;
        return list;
    }
    for (;;) {
        mp_obj_list_append(list, read_value(reader, depth + 1));
        int next = peek(reader);
        if (next == ']') {
            reader->at++;
            return list;
        }
        if (next != ',') {
            refuse(reader, "Expecting ',' delimiter");
        }
        reader->at++;
    }
}

static mp_obj_t read_object(reader_t *reader, size_t depth) {
    mp_obj_t dict = mp_obj_new_dict(0);
    reader->at++;
    if (peek(reader) == '}') {
        reader->at++;
        return dict;
    }
    for (;;) {
        if (peek(reader) != '"') {
            refuse(reader, "Expecting property name enclosed in double quotes");
        }
        mp_obj_t key = read_string(reader, true);
        if (peek(reader) != ':') {
            refuse(reader, "Expecting ':' delimiter");
        }
        reader->at++;
        mp_obj_dict_store(dict, key, read_value(reader, depth + 1));
        int next = peek(reader);
        if (next == '}') {
            reader->at++;
            return dict;
        }
        if (next != ',') {
            refuse(reader, "Expecting ',' delimiter");
        }
        reader->at++;
    }
}

static mp_obj_t read_value(reader_t *reader, size_t depth) {
    int first = peek(reader);
    if ((first == '{' || first == '[') && depth >= DEPTH_LIMIT) {
        refuse(reader, "Nested too deeply");
    }
    if (first == '{') {
        return read_object(reader, depth);
    }
    if (first == '[') {
        return read_array(reader, depth);
    }
    if (first == '"') {
        return read_string(reader, false);
    }
    return first == '-' || (first >= '0' && first <= '9') ? read_number(reader) : read_word(reader);
}

mp_obj_t weft_json_loads(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t text;
    mp_get_buffer_raise(args[0], &text, MP_BUFFER_READ);
    size_t limit_bytes = n_args > 1 ? mp_obj_get_int(args[1]) : 0;
    if (limit_bytes != 0 && text.len > limit_bytes) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("expected at most %u bytes of JSON, found %u"),
            (unsigned)limit_bytes, (unsigned)text.len);
    }
    if (!mp_obj_is_str(args[0]) && !utf8_check(text.buf, text.len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the JSON is not UTF-8"));
    }
    reader_t reader = {text.buf, text.buf, (const byte *)text.buf + text.len};
    mp_obj_t value = read_value(&reader, 0);
    if (peek(&reader) != -1) {
        refuse(&reader, "Extra data");
    }
    return value;
}
