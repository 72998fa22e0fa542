// Whom TLS trusts and why it refuses: weft_verify.c judges chains, weft_roots.c has the trusted roots.
// Needs neither MicroPython nor its heap, so that tests can drive it alone.

#ifndef WEFT_TLS_H
#define WEFT_TLS_H

#include <curl/curl.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>

// What was found wrong with the chain of one easy handle; "" when nothing was. Must live as long as the handle.
typedef struct {
    char reason[160];
} weft_verdict;

// Has `easy` check every chain against our roots with our rules, and remember a refusal in `verdict`.
// Call it before each transfer; a handle without it trusts nobody.
CURLcode weft_tls_apply(CURL *easy, weft_verdict *verdict);

// One clause for people, about the server ("its certificate expired on 2024-05-01"), for a transfer that ended with
// `code` and libcurl's error text `text`. NULL if it was not TLS that failed. Valid as long as `verdict`.
const char *weft_tls_reason(weft_verdict *verdict, CURLcode code, const char *text);

// Where the roots come from: a path, or "embedded". Decided at the first question, for the whole process: the file
// that SSL_CERT_FILE names (also when it cannot be read: then nobody is trusted), the system's bundle, our own.
// Neither the Windows store nor the macOS keychain can be read: macOS has a bundle, Windows gets our own.
const char *weft_roots_source(void);

// True if SSL_CERT_FILE names a file without a readable certificate.
bool weft_roots_missing(void);

// The version of certifi that the embedded roots are of, which is a date.
extern const char weft_roots_version[];

// The roots whose name is `child`'s issuer, as a list that the caller frees, as mbedtls_ssl_conf_ca_cb() wants it.
int weft_roots_find(void *unused, const mbedtls_x509_crt *child, mbedtls_x509_crt **found);

// Made by tools/roots.py: one DER SEQUENCE { validity, subject, public key, path length (-1: any) } after another.
extern const unsigned char weft_roots_embedded[];
extern const size_t weft_roots_embedded_bytes;

#endif
