// The flags of `_weft.open` by their system's numbers; 0 for what a system does not have. HERE is no folder's descriptor.
#ifndef WEFT_FLAGS_H
#define WEFT_FLAGS_H

#include <fcntl.h>

#if defined(_WIN32)
#define WEFT_O_RDONLY _O_RDONLY
#define WEFT_O_WRONLY _O_WRONLY
#define WEFT_O_RDWR _O_RDWR
#define WEFT_O_APPEND _O_APPEND
#define WEFT_O_CREAT _O_CREAT
#define WEFT_O_EXCL _O_EXCL
#define WEFT_O_TRUNC _O_TRUNC
// Ours alone, told to CreateFileW in its own way.
#define WEFT_O_NOFOLLOW 0x1000000
#define WEFT_O_DIRECTORY 0x2000000
#define WEFT_O_NONBLOCK 0
#define WEFT_O_NOCTTY 0
#define WEFT_HERE -1
#else
#define WEFT_O_RDONLY O_RDONLY
#define WEFT_O_WRONLY O_WRONLY
#define WEFT_O_RDWR O_RDWR
#define WEFT_O_APPEND O_APPEND
#define WEFT_O_CREAT O_CREAT
#define WEFT_O_EXCL O_EXCL
#define WEFT_O_TRUNC O_TRUNC
#define WEFT_O_NOFOLLOW O_NOFOLLOW
#define WEFT_O_DIRECTORY O_DIRECTORY
#define WEFT_O_NONBLOCK O_NONBLOCK
#define WEFT_O_NOCTTY O_NOCTTY
#define WEFT_HERE AT_FDCWD
#endif

#endif
