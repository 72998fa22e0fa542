// What the ways of speaking HTTP share (libcurl, the host of a component): the phases of an exchange, and its error.

#ifndef WEFT_TRANSPORT_H
#define WEFT_TRANSPORT_H

#include "weft.h"

// In the order in which an exchange goes through them.
typedef enum {
    WEFT_RESOLVE,
    WEFT_CONNECT,
    WEFT_TLS,
    WEFT_SEND,
    WEFT_FIRST_BYTE,
    WEFT_BODY,
    WEFT_TOTAL, // not a part of the exchange: the limit on all of it
} weft_phase;

// Raises _weft.TransportError(phase, message, sent).
MP_NORETURN void weft_raise_transport(weft_phase phase, bool is_sent, const char *format, ...);

#endif
