// Stands for Apple's header of that name: libcurl asks for the system's proxies only to throw them away (lib/macos.c
// says why), and the answer "none" saves the two frameworks, so that only libSystem is imported.

#ifndef WEFT_SC_DYNAMIC_STORE_COPY_SPECIFIC_H
#define WEFT_SC_DYNAMIC_STORE_COPY_SPECIFIC_H

typedef const void *CFDictionaryRef;

static inline CFDictionaryRef SCDynamicStoreCopyProxies(const void *store) {
    (void)store;
    return 0;
}

static inline void CFRelease(CFDictionaryRef dictionary) {
    (void)dictionary;
}

#endif
