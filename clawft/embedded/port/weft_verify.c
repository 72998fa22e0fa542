// Judges the certificate chains of servers: mbedTLS's checks, what it leaves out, and a clause for each refusal.
//
// What mbedTLS 3.6 does: signatures, dates, host name or address, CA bit, path length, key usage, key sizes. What it
// leaves to its user and this file does, each by refusing: name constraints (it skips them unless they are critical),
// purposes of intermediates (it looks at the server's own certificate only), and host names in the old subject field,
// which no authority has to check and no name constraint covers.

#include "weft_tls.h"

#include <mbedtls/asn1.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MBEDTLS_X509_REMOVE_INFO drops mbedTLS's own texts; these are for the person at the keyboard.
static const struct {
    uint32_t flags;
    const char *reason;
} plain_refusals[] = {
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, "its certificate is for another host"},
    {MBEDTLS_X509_BADCERT_BAD_KEY, "its certificate chain has a key that is too weak (RSA below 2048 bits)"},
    {MBEDTLS_X509_BADCERT_BAD_MD, "its certificate chain is signed with a hash that is too weak"},
    {MBEDTLS_X509_BADCERT_BAD_PK, "its certificate chain is signed in an unknown way"},
    {MBEDTLS_X509_BADCERT_KEY_USAGE, "its certificate's key may not be used for TLS"},
    {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "its certificate is not for servers"},
};

static void refuse(weft_verdict *verdict, const char *reason) {
    if (verdict->reason[0] == 0) { // the root's side is judged first, and what is wrong there comes first
        snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
    }
}

static void refuse_date(weft_verdict *verdict, int depth, const char *what, const mbedtls_x509_time *day) {
    char reason[sizeof(verdict->reason)];
    snprintf(reason, sizeof(reason), "%s %s %04d-%02d-%02d", depth == 0 ? "its certificate" : "its issuer's certificate",
             what, day->year, day->mon, day->day);
    refuse(verdict, reason);
}

static bool same(const mbedtls_x509_buf *one, const mbedtls_x509_buf *other) {
    return one->len == other->len && memcmp(one->p, other->p, one->len) == 0;
}

// Looks among the roots: for `certificate` itself, byte for byte (a server's own, in SSL_CERT_FILE), and its issuer.
static void look_among_roots(const mbedtls_x509_crt *certificate, bool *is_itself, bool *is_issuer) {
    mbedtls_x509_crt *found = NULL;
    *is_itself = false;
    *is_issuer = weft_roots_find(NULL, certificate, &found) == 0 && found != NULL;
    while (found != NULL) {
        mbedtls_x509_crt *next = found->next;
        *is_itself = *is_itself || same(&found->raw, &certificate->raw);
        found->next = NULL;
        mbedtls_x509_crt_free(found);
        mbedtls_free(found);
        found = next;
    }
}

// Why no root or intermediate answers for `certificate`. What the server sent is in a list from its own on.
static const char *untrusted(const mbedtls_x509_crt *certificate, int depth, bool is_issuer_a_root) {
    if (weft_roots_missing()) {
        return "SSL_CERT_FILE names a file without certificates, so no server is trusted";
    }
    if (same(&certificate->issuer_raw, &certificate->subject_raw)) {
        return depth == 0 ? "its certificate is signed by itself, not by an authority"
                          : "its certificate comes from an authority that is not trusted";
    }
    for (const mbedtls_x509_crt *other = certificate->next; other != NULL; other = other->next) {
        if (!same(&other->subject_raw, &certificate->issuer_raw)) {
            continue;
        }
        // ca_istrue and max_pathlen are what mbedTLS judged by; it has no public name for them.
        if (!other->MBEDTLS_PRIVATE(ca_istrue)) {
            return "its certificate is issued by one that is no authority's";
        }
        if (other->MBEDTLS_PRIVATE(max_pathlen) > 0) {
            return "its certificate is further from its authority than that allows, or wrongly signed";
        }
        return "its certificate has a wrong signature, or its issuer may not sign";
    }
    if (is_issuer_a_root) {
        return "its certificate is not signed by the authority that it names";
    }
    return "its certificate's issuer is not trusted, or an intermediate certificate is missing";
}

// True if the certificate has this extension, or its extensions cannot be read: both are to be refused.
static bool may_have_extension(const mbedtls_x509_crt *certificate, const char *oid, size_t oid_size) {
    unsigned char *at = certificate->v3_ext.p;
    const unsigned char *end = at + certificate->v3_ext.len;
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    size_t size;
    if (certificate->v3_ext.len == 0) {
        return false;
    }
    if (mbedtls_asn1_get_tag(&at, end, &size, sequence) != 0) {
        return true;
    }
    while (at < end) {
        if (mbedtls_asn1_get_tag(&at, end, &size, sequence) != 0) {
            return true;
        }
        const unsigned char *next = at + size;
        if (mbedtls_asn1_get_tag(&at, next, &size, MBEDTLS_ASN1_OID) != 0) {
            return true;
        }
        if (size == oid_size && memcmp(at, oid, size) == 0) {
            return true;
        }
        at = (unsigned char *)next;
    }
    return false;
}

static bool is_for_servers(const mbedtls_x509_crt *certificate) {
    // Without the extension any purpose is allowed, and mbedTLS says so.
    return mbedtls_x509_crt_check_extended_key_usage(certificate, MBEDTLS_OID_SERVER_AUTH,
                                                     MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0;
}

// True if a dNSName holds an address, which mbedTLS would take for the server's address.
static bool names_address_as_host(const mbedtls_x509_crt *certificate) {
    for (const mbedtls_x509_sequence *name = &certificate->subject_alt_names; name != NULL; name = name->next) {
        const unsigned char is_host = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME;
        char text[46]; // the longest address and a NUL
        unsigned char address[16];
        if (name->buf.tag != is_host || name->buf.len == 0 || name->buf.len >= sizeof(text)) {
            continue;
        }
        memcpy(text, name->buf.p, name->buf.len);
        text[name->buf.len] = 0;
        if (mbedtls_x509_crt_parse_cn_inet_pton(text, address) != 0) {
            return true;
        }
    }
    return false;
}

// mbedTLS calls this for each certificate of the chain, the root first; depth 0 is the server's own.
static int judge(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
    weft_verdict *verdict = context;
    if (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
        bool is_itself, is_issuer;
        look_among_roots(certificate, &is_itself, &is_issuer);
        if (is_itself && depth == 0) {
            *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
        } else {
            refuse(verdict, untrusted(certificate, depth, is_issuer));
        }
    }
    if (depth > 0 && may_have_extension(certificate, MBEDTLS_OID_NAME_CONSTRAINTS,
                                        MBEDTLS_OID_SIZE(MBEDTLS_OID_NAME_CONSTRAINTS))) {
        *flags |= MBEDTLS_X509_BADCERT_OTHER;
        refuse(verdict, "its issuer may vouch for certain names only (name constraints), which weft cannot check");
    }
    if (!is_for_servers(certificate)) {
        *flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
        refuse(verdict, depth == 0 ? "its certificate is not for servers" : "its issuer may not vouch for servers");
    }
    if (depth == 0 && !(certificate->MBEDTLS_PRIVATE(ext_types) & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)) {
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
        refuse(verdict, "its certificate names no host (it has no subjectAltName)");
    }
    if (depth == 0 && names_address_as_host(certificate)) {
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
        refuse(verdict, "its certificate gives an address as if it were a host name");
    }
    if (*flags & MBEDTLS_X509_BADCERT_EXPIRED) {
        refuse_date(verdict, depth, "expired on", &certificate->valid_to);
    }
    if (*flags & MBEDTLS_X509_BADCERT_FUTURE) {
        refuse_date(verdict, depth, "is not valid before", &certificate->valid_from);
    }
    for (size_t i = 0; i < sizeof(plain_refusals) / sizeof(*plain_refusals); i++) {
        if (*flags & plain_refusals[i].flags) {
            refuse(verdict, plain_refusals[i].reason);
        }
    }
    if (*flags != 0) {
        refuse(verdict, "its certificate cannot be verified");
    }
    return 0; // the flags refuse; an error here would hide which ones
}

static CURLcode configure(CURL *easy, void *configuration, void *verdict) {
    (void)easy;
    mbedtls_ssl_conf_ca_cb(configuration, weft_roots_find, NULL);
    mbedtls_ssl_conf_verify(configuration, judge, verdict);
    mbedtls_ssl_conf_authmode(configuration, MBEDTLS_SSL_VERIFY_REQUIRED);
    // libcurl's own allows SHA-1 and RSA of 1024 bits.
    mbedtls_ssl_conf_cert_profile(configuration, &mbedtls_x509_crt_profile_default);
    return CURLE_OK;
}

CURLcode weft_tls_apply(CURL *easy, weft_verdict *verdict) {
    verdict->reason[0] = 0;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, configure);
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, verdict);
    }
    if (code == CURLE_OK) { // every connection is judged anew
        code = curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    }
    return code;
}

// The number in libcurl's "ssl_handshake returned: (-0x7780) ", 0 if there is none.
static int handshake_error(const char *text) {
    const char *number = text != NULL ? strstr(text, "(-0x") : NULL;
    return number != NULL ? -(int)strtol(number + 2, NULL, 16) : 0;
}

const char *weft_tls_reason(weft_verdict *verdict, CURLcode code, const char *text) {
    if (code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CONNECT_ERROR && code != CURLE_SSL_CERTPROBLEM &&
        code != CURLE_SSL_CACERT_BADFILE) {
        return NULL;
    }
    if (verdict->reason[0] != 0) {
        return verdict->reason;
    }
    int error = handshake_error(text);
    int high = -(-error & 0x7f80);
    if (error == MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG) {
        return "its certificate chain has a critical extension that weft cannot check (name constraints, or one it "
               "does not know)";
    }
    switch (high) {
        case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
            return "it refused the TLS handshake: weft has TLS 1.2 and 1.3, not older ciphers or curves";
        case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
            return "it speaks only versions of TLS below 1.2";
        case MBEDTLS_ERR_SSL_INVALID_RECORD:
        case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
            return "it does not speak TLS on this port";
        case MBEDTLS_ERR_SSL_CONN_EOF:
        case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
            return "it closed the connection during the TLS handshake";
        default: break;
    }
    if (high <= MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE && high >= MBEDTLS_ERR_X509_FATAL_ERROR) {
        snprintf(verdict->reason, sizeof(verdict->reason), "its certificate chain cannot be read (mbedTLS -0x%04x)",
                 (unsigned)-error);
    } else {
        snprintf(verdict->reason, sizeof(verdict->reason), "the TLS handshake failed (mbedTLS -0x%04x)",
                 (unsigned)-error);
    }
    return verdict->reason;
}
