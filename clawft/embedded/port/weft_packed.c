// Modules that stay deflated until they are imported: few runs import any of them, and the file is a third smaller.
#include "weft_packed.h"

#include "lib/uzlib/uzlib.h"
#include "py/runtime.h"

enum { SIZE_BYTES = 3 };

void weft_packed_load(const byte *packed, mp_compiled_module_t *module) {
    size_t size = packed[0] | (size_t)packed[1] << 8 | (size_t)packed[2] << 16;
    byte *code = m_new(byte, size);
    uzlib_uncomp_t *inflater = m_new(uzlib_uncomp_t, 1);
    uzlib_uncompress_init(inflater, NULL, 0);
    inflater->source = packed + SIZE_BYTES;
    inflater->source_limit = mp_packed_bytes + mp_packed_size;
    inflater->source_read_cb = NULL;
    inflater->dest_start = inflater->dest = code;
    inflater->dest_limit = code + size;
    // What the build packed can only be otherwise if the file has been damaged since.
    if (uzlib_uncompress(inflater) < 0 || inflater->dest != code + size) {
        mp_raise_msg(&mp_type_ImportError, MP_ERROR_TEXT("a module of this executable is damaged"));
    }
    m_del(uzlib_uncomp_t, inflater, 1);
    mp_raw_code_load_mem(code, size, module);
    m_del(byte, code, size);
}
