// Modules that stay deflated until they are imported: few runs import any of them, and the file is a third smaller.
#include "weft_packed.h"

#include <stdlib.h>

#include "lib/uzlib/uzlib.h"
#include "py/runtime.h"

enum { NUMBER_BYTES = 3 };

static size_t number_at(const byte *bytes) {
    return bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16;
}

static bool inflate(const byte *block, byte *code, size_t size) {
    uzlib_uncomp_t *inflater = m_new(uzlib_uncomp_t, 1);
    uzlib_uncompress_init(inflater, NULL, 0);
    inflater->source = block + NUMBER_BYTES;
    inflater->source_limit = mp_packed_bytes + mp_packed_size;
    inflater->source_read_cb = NULL;
    inflater->dest_start = inflater->dest = code;
    inflater->dest_limit = code + size;
    bool is_whole = uzlib_uncompress(inflater) >= 0 && inflater->dest == code + size;
    m_del(uzlib_uncomp_t, inflater, 1);
    return is_whole;
}

static NORETURN void raise_damaged(void) {
    // What the build packed can only be otherwise if the file has been damaged since.
    mp_raise_msg(&mp_type_ImportError, MP_ERROR_TEXT("a module of this executable is damaged"));
}

// A block of several modules, whose others are likely to be wanted next; until another such block is.
static byte *shared_block(const byte *block, size_t size) {
    static const byte *kept_block;
    static byte *kept;
    if (kept_block != block) {
        kept_block = NULL;
        free(kept);
        kept = malloc(size);
        if (kept == NULL) {
            m_malloc_fail(size);
        }
        if (!inflate(block, kept, size)) {
            raise_damaged();
        }
        kept_block = block;
    }
    return kept;
}

void weft_packed_load(const byte *row, mp_compiled_module_t *module) {
    const byte *block = mp_packed_bytes + number_at(row);
    size_t start = number_at(row + NUMBER_BYTES);
    size_t size = number_at(row + 2 * NUMBER_BYTES);
    size_t block_size = number_at(block);
    if (start > block_size || size > block_size - start) {
        raise_damaged();
    }
    if (size < block_size) {
        mp_raw_code_load_mem(shared_block(block, block_size) + start, size, module);
        return;
    }
    byte *code = m_new(byte, size);
    if (!inflate(block, code, size)) {
        raise_damaged();
    }
    mp_raw_code_load_mem(code, size, module);
    m_del(byte, code, size);
}
