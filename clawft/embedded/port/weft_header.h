// A header as it is sent, for requests and for the WebSocket handshake.

#ifndef WEFT_HEADER_H
#define WEFT_HEADER_H

#include "py/obj.h"

#ifndef WEFT_VERSION
#define WEFT_VERSION "0"
#endif
#define WEFT_USER_AGENT "clawft/" WEFT_VERSION

// "Name: value" (libcurl's "Name;" for an empty one) in `line`, which it initialises; the name in `*name`. Raises
// TransportError for what HTTP cannot carry and for the headers that the client sets; never quotes a value.
const char *weft_header_line(vstr_t *line, mp_obj_t pair, const char **name);

#endif
