// Windows handles read or written by threads of our own, since pipes and consoles cannot be polled there.
#ifndef WEFT_THREADS_WINDOWS_H
#define WEFT_THREADS_WINDOWS_H

#include <windows.h>

#include "weft.h"

// Handles of `_weft`; they take `file` over, also when they raise.
weft_handle *weft_reader_of(HANDLE file);
weft_handle *weft_writer_of(HANDLE file);

#endif
