// The part of curl_config.h for Linux with musl.

#define CURL_OS "linux-musl"
#define HAVE_ACCEPT4 1
#define HAVE_EVENTFD 1
#define HAVE_LINUX_TCP_H 1
#define HAVE_MEMRCHR 1
#define HAVE_MSG_NOSIGNAL 1
#define HAVE_PIPE2 1
#define HAVE_SYS_EVENTFD_H 1
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1  // accept4, pipe2 and memrchr are declared only then
#endif
