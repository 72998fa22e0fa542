// What the two files of the module `json` share.
#ifndef WEFT_JSON_H
#define WEFT_JSON_H

#include "py/obj.h"

#define DEPTH_LIMIT (512)

// loads(text or bytes, limit_bytes=0)
mp_obj_t weft_json_loads(size_t n_args, const mp_obj_t *args);

#endif
