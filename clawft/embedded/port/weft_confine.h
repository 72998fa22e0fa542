// Confining a child of ours on Linux: Landlock and a filter of system calls, which nothing that it runs can undo.
#ifndef WEFT_CONFINE_H
#define WEFT_CONFINE_H

#include "py/obj.h"

typedef struct {
    bool is_wanted;
    int ruleset; // a descriptor that closes at exec, -1 where no folders are confined
    const void *filter;
    size_t filter_bytes;
} weft_confinement;

// Makes all that the child needs, from (handled files, handled network, scopes, ((path, rights), ...), filter) or None.
// A path that is not there is passed over. Raises OSError where this system cannot confine; the ruleset is closed by
// weft_confine_end. `made` points into the objects of `asked`, which must stay.
void weft_confine_prepare(weft_confinement *made, mp_obj_t asked);
void weft_confine_end(weft_confinement *made);
// In the child, between fork and exec: 0, or -1 and errno, after which it may not go on.
int weft_confine_here(const weft_confinement *made);

#endif
