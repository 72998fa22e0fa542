// What libcurl 8.14 is built with: http, https, ws and wss, TLS by mbedTLS, proxies with CONNECT and a password.
// Stands for the file that its configure script would write; used with -DHAVE_CONFIG_H. One part for each system.

#ifndef WEFT_CURL_CONFIG_H
#define WEFT_CURL_CONFIG_H

#define HTTP_ONLY
#define USE_MBEDTLS 1
#define USE_IPV6 1

// The agent words its errors and speaks its own authentication; files, cookies and caches are its own too.
// MIME, form, header and option-lookup interfaces are never called; DoH would be a second, unjudged resolver.
#define CURL_DISABLE_ALTSVC 1
#define CURL_DISABLE_AWS 1
#define CURL_DISABLE_BEARER_AUTH 1
#define CURL_DISABLE_BINDLOCAL 1
#define CURL_DISABLE_COOKIES 1
#define CURL_DISABLE_DIGEST_AUTH 1
#define CURL_DISABLE_DOH 1
#define CURL_DISABLE_FORM_API 1
#define CURL_DISABLE_GETOPTIONS 1
#define CURL_DISABLE_HEADERS_API 1
#define CURL_DISABLE_HSTS 1
#define CURL_DISABLE_IPFS 1
#define CURL_DISABLE_KERBEROS_AUTH 1
#define CURL_DISABLE_LIBCURL_OPTION 1
#define CURL_DISABLE_MIME 1
#define CURL_DISABLE_NEGOTIATE_AUTH 1
#define CURL_DISABLE_NETRC 1
#define CURL_DISABLE_NTLM 1
#define CURL_DISABLE_PARSEDATE 1
#define CURL_DISABLE_PROGRESS_METER 1
#define CURL_DISABLE_SHA512_256 1
#define CURL_DISABLE_SHUFFLE_DNS 1
#define CURL_DISABLE_VERBOSE_STRINGS 1

// weft has no client certificate and pins no key: without these two, nothing parses private keys or writes any.
// left_out.c has the functions of the new names.
#define mbedtls_pk_parse_key weft_left_out_parse_key
#define mbedtls_pk_write_pubkey_der weft_left_out_write_key

#define CURL_EXTERN_SYMBOL
#define STDC_HEADERS 1
#define HAVE_ATOMIC 1
#define HAVE_BOOL_T 1
#define HAVE_BASENAME 1
#define HAVE_FCNTL_H 1
#define HAVE_FREEADDRINFO 1
#define HAVE_FTRUNCATE 1
#define HAVE_GETADDRINFO 1
#define HAVE_GETADDRINFO_THREADSAFE 1
#define HAVE_GETHOSTNAME 1
#define HAVE_GETPEERNAME 1
#define HAVE_GETSOCKNAME 1
#define HAVE_GETTIMEOFDAY 1
#define HAVE_INET_NTOP 1
#define HAVE_INET_PTON 1
#define HAVE_INTTYPES_H 1
#define HAVE_LIBGEN_H 1
#define HAVE_LONGLONG 1
#define HAVE_RECV 1
#define HAVE_SELECT 1
#define HAVE_SEND 1
#define HAVE_SIGNAL 1
#define HAVE_SNPRINTF 1
#define HAVE_SOCKADDR_IN6_SIN6_SCOPE_ID 1
#define HAVE_SOCKET 1
#define HAVE_STDATOMIC_H 1
#define HAVE_STDBOOL_H 1
#define HAVE_STDINT_H 1
#define HAVE_STDIO_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRDUP 1
#define HAVE_STRING_H 1
#define HAVE_STRUCT_SOCKADDR_STORAGE 1
#define HAVE_STRUCT_TIMEVAL 1
#define HAVE_SYS_PARAM_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define HAVE_UTIME_H 1
#define SIZEOF_CURL_OFF_T 8
#define SIZEOF_INT 4
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T 8
#define SIZEOF_SIZE_T 8
#define SIZEOF_TIME_T 8

#if defined(_WIN32)
#include "curl_config_windows.h"
#else
#include "curl_config_posix.h"
#if defined(__APPLE__)
#include "curl_config_macos.h"
#else
#include "curl_config_linux.h"
#endif
#endif

#endif
