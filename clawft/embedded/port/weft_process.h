// How `_weft.spawn` is told what to do with a child's streams; the numbers are the module's SPAWN_ constants.
#ifndef WEFT_PROCESS_H
#define WEFT_PROCESS_H

// Standard input is a pipe instead of the null device.
#define WEFT_SPAWN_INPUT 1
// Errors go where output goes, in the order in which they are written.
#define WEFT_SPAWN_JOINED 2

#endif
