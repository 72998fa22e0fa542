// Stands for four files of libcurl 8.14 that no configuration switch leaves out, 20 KB of what weft never asks for:
// socks.c (proxies are spoken to in HTTP), vtls/x509asn1.c (certificates as text), vtls/cipher_suite.c (names of
// ciphers in an option), vtls/vtls_scache.c (TLS sessions to resume: mbedtls_config.h has no tickets, and weft_verify.c
// wants every connection judged anew). Each function refuses or finds nothing, as its caller allows.

#include "curl_setup.h"

#include <mbedtls/pk.h>

#include "urldata.h"

#include "socks.h"
#include "vtls/cipher_suite.h"
#include "vtls/vtls.h"
#include "vtls/vtls_int.h"
#include "vtls/vtls_scache.h"
#include "vtls/x509asn1.h"

#include "curl_memory.h"

CURLcode Curl_cf_socks_proxy_insert_after(struct Curl_cfilter *cf_at, struct Curl_easy *data) {
    (void)cf_at;
    (void)data;
    return CURLE_NOT_BUILT_IN;
}

CURLcode Curl_extract_certinfo(struct Curl_easy *data, int number, const char *begin, const char *end) {
    (void)data;
    (void)number;
    (void)begin;
    (void)end;
    return CURLE_NOT_BUILT_IN;
}

uint16_t Curl_cipher_suite_walk_str(const char **text, const char **end) {
    *end = *text + strlen(*text); // no name is known: what is left is skipped as one
    return 0;
}

int Curl_cipher_suite_get_str(uint16_t id, char *text, size_t size, bool is_rfc_preferred) {
    (void)id;
    (void)is_rfc_preferred;
    if (size > 0) {
        *text = 0;
    }
    return -1;
}

CURLcode Curl_ssl_scache_create(size_t peers, size_t sessions, struct Curl_ssl_scache **cache) {
    (void)peers;
    (void)sessions;
    *cache = NULL;
    return CURLE_OK;
}

void Curl_ssl_scache_destroy(struct Curl_ssl_scache *cache) {
    (void)cache;
}

CURLcode Curl_ssl_peer_key_make(struct Curl_cfilter *cf, const struct ssl_peer *peer, const char *tls, char **key) {
    (void)cf;
    (void)peer;
    (void)tls;
    *key = NULL; // only the cache asks for it, and freeing takes NULL
    return CURLE_OK;
}

CURLcode Curl_ssl_session_create(
    void *data, size_t size, int tls, const char *alpn, curl_off_t until, size_t early, struct Curl_ssl_session **made) {
    (void)size;
    (void)tls;
    (void)alpn;
    (void)until;
    (void)early;
    free(data); // it was handed over
    *made = NULL;
    return CURLE_OK;
}

CURLcode Curl_ssl_scache_put(
    struct Curl_cfilter *cf, struct Curl_easy *data, const char *key, struct Curl_ssl_session *session) {
    (void)cf;
    (void)data;
    (void)key;
    (void)session;
    return CURLE_OK;
}

CURLcode Curl_ssl_scache_take(
    struct Curl_cfilter *cf, struct Curl_easy *data, const char *key, struct Curl_ssl_session **session) {
    (void)cf;
    (void)data;
    (void)key;
    *session = NULL;
    return CURLE_OK;
}

void Curl_ssl_scache_return(
    struct Curl_cfilter *cf, struct Curl_easy *data, const char *key, struct Curl_ssl_session *session) {
    (void)cf;
    (void)data;
    (void)key;
    (void)session;
}

// mbedTLS's functions under the names that curl_config.h gives them.

int mbedtls_pk_parse_key(
    mbedtls_pk_context *pk, const unsigned char *key, size_t size, const unsigned char *password, size_t password_size,
    int (*random)(void *, unsigned char *, size_t), void *context) {
    (void)pk;
    (void)key;
    (void)size;
    (void)password;
    (void)password_size;
    (void)random;
    (void)context;
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

int mbedtls_pk_write_pubkey_der(const mbedtls_pk_context *pk, unsigned char *text, size_t size) {
    (void)pk;
    (void)text;
    (void)size;
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}
