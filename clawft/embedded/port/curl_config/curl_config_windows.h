// The part of curl_config.h for Windows 10 and newer, compiled with mingw's headers.

#define CURL_OS "windows"
#define CURL_STATICLIB 1
#define USE_THREADS_WIN32 1
#define USE_WIN32_LARGE_FILES 1
#define HAVE_CLOSESOCKET 1
#define HAVE_IOCTLSOCKET 1
#define HAVE_IOCTLSOCKET_FIONBIO 1
#define HAVE_IO_H 1
#define HAVE_SETMODE 1
#define HAVE__SETMODE 1
#define HAVE_SYS_UTIME_H 1
#define HAVE_UTIME 1
#define SIZEOF_CURL_SOCKET_T 8
#define SIZEOF_LONG 4
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
