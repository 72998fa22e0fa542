// The part of curl_config.h for macOS 11 and newer.

#define CURL_OS "macos"
#define HAVE_ARC4RANDOM 1
#define HAVE_BUILTIN_AVAILABLE 1
#define HAVE_MACH_ABSOLUTE_TIME 1
#define HAVE_SYS_FILIO_H 1
#define HAVE_SYS_SOCKIO_H 1
