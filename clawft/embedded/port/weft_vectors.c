// The module `_vectors`: what core/vectors.py and core/embedding.py do in Python, fast, and to the last bit the same.
//
//   embed(text, key, dimensions) -> vector: the features of a text, hashed
//   Index(dimensions, metric, key): metric 0 cosine, 1 dot product, 2 L2. A vector is bytes, as core/vectors.py says.
//     add(vector) -> slot    vectors() -> bytes, all of them in a row    len()
//     remove(slot): the last vector gets that slot
//     search(vector, count, effort) -> [(distance, slot)], nearest first: of all, or with all linked by the graph, which
//     looks at about as many neighbourhoods as `effort` says
//     link(most) -> int: puts up to `most` more vectors into the graph; how many are not in it. What is added later is put
//     there too once all are    unlink(): forgets the graph
//     graph() -> bytes, b"" unless all are linked    set_graph(bytes): ValueError for what is no graph of these vectors
//   ValueError: what is no such vector, slot or number. MemoryError: nothing has changed.
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "py/binary.h"
#include "py/runtime.h"
#include "weft.h"
#include "weft_features.h"
#include "weft_vectors.h"

// Products are not fused with sums: the result would depend on the machine.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    mp_obj_base_t base;
    weft_index index;
} index_object;

enum { COSINE, DOT, L2, METRICS };
enum { FIRST_ROOM = 64, MOST_VECTORS = 1 << 24 };

// ---- distances

double weft_distance(const weft_index *index, const int8_t *numbers, const weft_terms *terms, uint32_t slot) {
    double product = weft_dot(numbers, weft_numbers(index, slot), index->dimensions);
    double cross = terms->cross * index->terms[slot].cross;
    return terms->own + index->terms[slot].own - cross * product;
}

size_t weft_put_near(weft_near *row, size_t *count, size_t limit, double distance, uint32_t slot) {
    if (*count == limit && !(distance < row[limit - 1].distance)) {
        return limit;
    }
    size_t low = 0;
    for (size_t high = *count; low < high;) {
        size_t middle = (low + high) / 2;
        if (distance < row[middle].distance) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    *count += *count < limit;
    memmove(row + low + 1, row + low, (*count - 1 - low) * sizeof(*row));
    row[low] = (weft_near){distance, slot, false};
    return low;
}

static weft_terms terms_of(const weft_index *index, const int8_t *numbers, float scale) {
    double square = weft_dot(numbers, numbers, index->dimensions);
    switch (index->metric) {
        case COSINE:
            return (weft_terms){0.5, square > 0 ? 1 / sqrt(square) : 0};
        case DOT:
            return (weft_terms){0, scale};
        default:
            return (weft_terms){(double)scale * scale * square, sqrt(2) * scale};
    }
}

// ---- what Python hands over

static weft_index *index_of(mp_obj_t self) {
    return &((index_object *)MP_OBJ_TO_PTR(self))->index;
}

static MP_NORETURN void refuse(void) {
    mp_raise_ValueError(NULL);
}

static void get_bytes(mp_obj_t object, mp_buffer_info_t *bytes) {
    mp_get_buffer_raise(object, bytes, MP_BUFFER_READ);
}

static const uint8_t *get_key(mp_obj_t object) {
    mp_buffer_info_t bytes;
    get_bytes(object, &bytes);
    if (bytes.len != KEY_BYTES) {
        refuse();
    }
    return bytes.buf;
}

// A number from `least` to `most`.
static uint32_t get_number(mp_obj_t object, uint32_t least, uint32_t most) {
    mp_int_t number = mp_obj_get_int(object);
    if (number < 0 || (mp_uint_t)number < least || (mp_uint_t)number > most) {
        refuse();
    }
    return (uint32_t)number;
}

static uint32_t get_slot(const weft_index *index, mp_obj_t object) {
    uint32_t slot = get_number(object, 0, MOST_VECTORS);
    if (slot >= index->count) {
        refuse();
    }
    return slot;
}

// The numbers and the scale of a vector; valid while `object` is.
static const int8_t *get_vector(const weft_index *index, mp_obj_t object, float *scale) {
    mp_buffer_info_t bytes;
    get_bytes(object, &bytes);
    if (bytes.len != SCALE_BYTES + index->dimensions) {
        refuse();
    }
    memcpy(scale, bytes.buf, SCALE_BYTES);
    if (!(*scale >= 0 && *scale <= FLT_MAX)) {
        refuse();
    }
    return (const int8_t *)bytes.buf + SCALE_BYTES;
}

// ---- the type

static const mp_obj_type_t index_type;

static mp_obj_t index_make(const mp_obj_type_t *type, size_t count, size_t keywords, const mp_obj_t *arguments) {
    mp_arg_check_num(count, keywords, 3, 3, false);
    index_object *self = mp_obj_malloc_with_finaliser(index_object, type);
    memset(&self->index, 0, sizeof(self->index));
    self->index.dimensions = get_number(arguments[0], 1, MOST_DIMENSIONS);
    self->index.metric = get_number(arguments[1], COSINE, L2);
    memcpy(self->index.key, get_key(arguments[2]), KEY_BYTES);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t index_end(mp_obj_t self) {
    weft_index *index = index_of(self);
    weft_graph_drop(index);
    free(index->numbers);
    free(index->scales);
    free(index->terms);
    index->numbers = NULL;
    index->scales = NULL;
    index->terms = NULL;
    index->count = 0;
    index->room = 0;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(index_end_obj, index_end);

static mp_obj_t index_unary_op(mp_unary_op_t op, mp_obj_t self) {
    switch (op) {
        case MP_UNARY_OP_LEN:
            return MP_OBJ_NEW_SMALL_INT(index_of(self)->count);
        case MP_UNARY_OP_BOOL:
            return mp_const_true;
        default:
            return MP_OBJ_NULL;
    }
}

// realloc() that leaves what was there in its place when there is no memory.
static bool resize(void **memory, size_t count, size_t size_bytes) {
    void *larger = count > SIZE_MAX / size_bytes ? NULL : realloc(*memory, count * size_bytes);
    *memory = larger != NULL ? larger : *memory;
    return larger != NULL;
}

static bool grow(weft_index *index) {
    uint32_t room = index->room == 0 ? FIRST_ROOM : index->room * 2;
    bool has_room = room <= MOST_VECTORS && resize((void **)&index->numbers, room, index->dimensions)
        && resize((void **)&index->scales, room, sizeof(float))
        && resize((void **)&index->terms, room, sizeof(weft_terms))
        && (index->levels == NULL || weft_graph_room(index, room));
    index->room = has_room ? room : index->room;
    return has_room;
}

static mp_obj_t index_add(mp_obj_t self, mp_obj_t vector) {
    weft_index *index = index_of(self);
    float scale;
    const int8_t *numbers = get_vector(index, vector, &scale);
    if (index->count == index->room && !grow(index)) {
        m_malloc_fail(index->dimensions);
    }
    uint32_t slot = index->count;
    memcpy(index->numbers + (size_t)slot * index->dimensions, numbers, index->dimensions);
    index->scales[slot] = scale;
    index->terms[slot] = terms_of(index, numbers, scale);
    // Where the graph has them all it also gets this one; the first one is left to link().
    if (slot > 0 && index->linked == slot && !weft_graph_add(index)) {
        m_malloc_fail(index->dimensions);
    }
    index->count++;
    return MP_OBJ_NEW_SMALL_INT(slot);
}
static MP_DEFINE_CONST_FUN_OBJ_2(index_add_obj, index_add);

static mp_obj_t index_vectors(mp_obj_t self) {
    const weft_index *index = index_of(self);
    size_t size_bytes = SCALE_BYTES + index->dimensions;
    vstr_t made;
    vstr_init_len(&made, index->count * size_bytes);
    for (uint32_t slot = 0; slot < index->count; slot++) {
        char *at = made.buf + slot * size_bytes;
        memcpy(at, &index->scales[slot], SCALE_BYTES);
        memcpy(at + SCALE_BYTES, weft_numbers(index, slot), index->dimensions);
    }
    return mp_obj_new_bytes_from_vstr(&made);
}
static MP_DEFINE_CONST_FUN_OBJ_1(index_vectors_obj, index_vectors);

static mp_obj_t index_remove(mp_obj_t self, mp_obj_t number) {
    weft_index *index = index_of(self);
    uint32_t slot = get_slot(index, number);
    uint32_t last = index->count - 1;
    if (index->linked == index->count) {
        weft_graph_remove(index, slot);
    } else {
        weft_graph_drop(index); // half of one is not worth mending
    }
    memmove(index->numbers + (size_t)slot * index->dimensions, weft_numbers(index, last), index->dimensions);
    index->scales[slot] = index->scales[last];
    index->terms[slot] = index->terms[last];
    index->count = last;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(index_remove_obj, index_remove);

// ---- searching

static size_t scan(const weft_index *index, const int8_t *numbers, const weft_terms *terms, weft_near *row,
    size_t limit) {
    size_t count = 0;
    for (uint32_t slot = 0; slot < index->count; slot++) {
        double distance = weft_distance(index, numbers, terms, slot);
        if (count < limit || distance < row[count - 1].distance) {
            weft_put_near(row, &count, limit, distance, slot);
        }
    }
    return count;
}

static mp_obj_t index_search(size_t argument_count, const mp_obj_t *arguments) {
    (void)argument_count;
    weft_index *index = index_of(arguments[0]);
    float scale;
    const int8_t *numbers = get_vector(index, arguments[1], &scale);
    size_t wanted = MIN(get_number(arguments[2], 1, MOST_VECTORS), index->count);
    size_t effort = MIN(MAX(get_number(arguments[3], 1, MOST_VECTORS), wanted), index->count);
    weft_terms terms = terms_of(index, numbers, scale);
    mp_obj_t found = mp_obj_new_list(0, NULL);
    if (wanted == 0) {
        return found;
    }
    bool is_linked = index->linked == index->count;
    // On the heap: nothing of it is left when there is no memory for the results.
    weft_near *row = m_new(weft_near, is_linked ? effort : wanted);
    size_t count = is_linked ? weft_graph_search(index, numbers, &terms, row, effort)
                             : scan(index, numbers, &terms, row, wanted);
    if (count == 0) {
        m_malloc_fail(index->count);
    }
    for (size_t i = 0; i < MIN(count, wanted); i++) {
        mp_obj_t pair[2] = {mp_obj_new_float(row[i].distance), MP_OBJ_NEW_SMALL_INT(row[i].slot)};
        mp_obj_list_append(found, mp_obj_new_tuple(2, pair));
    }
    m_del(weft_near, row, is_linked ? effort : wanted);
    return found;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(index_search_obj, 4, 4, index_search);

// ---- the graph

static mp_obj_t index_link(mp_obj_t self, mp_obj_t most) {
    weft_index *index = index_of(self);
    for (uint32_t left = get_number(most, 0, MOST_VECTORS); left > 0 && index->linked < index->count; left--) {
        if (!weft_graph_add(index)) {
            m_malloc_fail(index->count);
        }
    }
    return MP_OBJ_NEW_SMALL_INT(index->count - index->linked);
}
static MP_DEFINE_CONST_FUN_OBJ_2(index_link_obj, index_link);

static mp_obj_t index_unlink(mp_obj_t self) {
    weft_graph_drop(index_of(self));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(index_unlink_obj, index_unlink);

static mp_obj_t index_graph(mp_obj_t self) {
    const weft_index *index = index_of(self);
    if (index->linked == 0 || index->linked != index->count) {
        return mp_const_empty_bytes;
    }
    vstr_t made;
    vstr_init_len(&made, weft_graph_save(index, NULL));
    weft_graph_save(index, (uint8_t *)made.buf);
    return mp_obj_new_bytes_from_vstr(&made);
}
static MP_DEFINE_CONST_FUN_OBJ_1(index_graph_obj, index_graph);

static mp_obj_t index_set_graph(mp_obj_t self, mp_obj_t data) {
    mp_buffer_info_t bytes;
    get_bytes(data, &bytes);
    int result = weft_graph_load(index_of(self), bytes.buf, bytes.len);
    if (result < 0) {
        m_malloc_fail(bytes.len);
    } else if (result == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("not a graph of these vectors"));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(index_set_graph_obj, index_set_graph);

// clang-format off
static const mp_rom_map_elem_t index_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&index_end_obj)},
    {MP_ROM_QSTR(MP_QSTR_add), MP_ROM_PTR(&index_add_obj)},
    {MP_ROM_QSTR(MP_QSTR_remove), MP_ROM_PTR(&index_remove_obj)},
    {MP_ROM_QSTR(MP_QSTR_search), MP_ROM_PTR(&index_search_obj)},
    {MP_ROM_QSTR(MP_QSTR_link), MP_ROM_PTR(&index_link_obj)},
    {MP_ROM_QSTR(MP_QSTR_vectors), MP_ROM_PTR(&index_vectors_obj)},
    {MP_ROM_QSTR(MP_QSTR_unlink), MP_ROM_PTR(&index_unlink_obj)},
    {MP_ROM_QSTR(MP_QSTR_graph), MP_ROM_PTR(&index_graph_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_graph), MP_ROM_PTR(&index_set_graph_obj)},
};
static MP_DEFINE_CONST_DICT(index_locals, index_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(index_type, MP_QSTR_Index, MP_TYPE_FLAG_NONE,
    make_new, index_make, unary_op, index_unary_op, locals_dict, &index_locals);
// clang-format on

// ---- the module

static mp_obj_t vectors_embed(mp_obj_t text, mp_obj_t key, mp_obj_t number) {
    size_t size_bytes;
    const char *data = mp_obj_str_get_data(text, &size_bytes);
    uint32_t dimensions = get_number(number, 1, MOST_DIMENSIONS);
    int32_t *sums = m_new0(int32_t, dimensions);
    vstr_t made;
    vstr_init_len(&made, SCALE_BYTES + dimensions);
    int8_t *numbers = (int8_t *)made.buf + SCALE_BYTES;
    if (!weft_features(get_key(key), (const uint8_t *)data, size_bytes, sums, dimensions)) {
        m_malloc_fail(size_bytes);
    }
    int64_t most = 0;
    for (uint32_t i = 0; i < dimensions; i++) {
        most = MAX(most, llabs(sums[i]));
    }
    for (uint32_t i = 0; most > 0 && i < dimensions; i++) {
        int64_t rounded = (254 * llabs(sums[i]) + most) / (2 * most);
        numbers[i] = (int8_t)(sums[i] < 0 ? -rounded : rounded);
    }
    if (most == 0) {
        memset(numbers, 0, dimensions);
    }
    double square = weft_dot(numbers, numbers, dimensions);
    float scale = square > 0 ? (float)(1 / sqrt(square)) : 0;
    memcpy(made.buf, &scale, SCALE_BYTES);
    m_del(int32_t, sums, dimensions);
    return mp_obj_new_bytes_from_vstr(&made);
}
static MP_DEFINE_CONST_FUN_OBJ_3(vectors_embed_obj, vectors_embed);

static const mp_rom_map_elem_t vectors_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__vectors)},
    {MP_ROM_QSTR(MP_QSTR_Index), MP_ROM_PTR(&index_type)},
    {MP_ROM_QSTR(MP_QSTR_embed), MP_ROM_PTR(&vectors_embed_obj)},
};
static MP_DEFINE_CONST_DICT(vectors_globals, vectors_globals_table);

const mp_obj_module_t weft_vectors_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&vectors_globals,
};
MP_REGISTER_MODULE(MP_QSTR__vectors, weft_vectors_module);
