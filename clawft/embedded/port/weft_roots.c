// Finds the trusted roots that a chain asks for, in the file the user names, the system's bundle or the embedded set.
// Roots are read one at a time and only those that match are parsed: all 120 would cost every connection half a
// megabyte and several milliseconds.

#include "weft_tls.h"

#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/platform.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define CONTEXT(n) (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | (n))
#define FILE_LIMIT_BYTES (8u << 20) // a bundle is 0.2 MB; more than this is some other file
#define CERTIFICATE_LIMIT_BYTES 8192

#if !defined(_WIN32)
static const char *const system_bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Arch, Alpine, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                            // openSUSE
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // newer RHEL
    "/etc/ssl/cert.pem",                                 // macOS, Alpine, Void
    "/etc/ssl/certs/ca-bundle.crt",                      // NixOS
};
#endif

// A piece of DER, with its header.
typedef struct {
    const unsigned char *data;
    size_t size;
} span;

// A root that was looked at: of the bundle's, a hash of the name, so that most chains need no second reading.
static struct {
    const char *source; // NULL: not decided yet
    bool is_missing;
    uint32_t *names; // hashes of all subjects in the file
    size_t count;
} roots;

static bool same(span one, span other) {
    return one.size == other.size && memcmp(one.data, other.data, one.size) == 0;
}

static uint32_t hash(span name) {
    uint32_t value = 2166136261u;
    for (size_t i = 0; i < name.size; i++) {
        value = (value ^ name.data[i]) * 16777619u;
    }
    return value;
}

// Takes the next element, of whatever tag, off the front.
static bool take(const unsigned char **at, const unsigned char *end, span *element) {
    const unsigned char *start = *at;
    size_t size;
    if (end - start < 2) {
        return false;
    }
    unsigned char *inside = (unsigned char *)start + 1;
    if (mbedtls_asn1_get_len(&inside, end, &size) != 0 || size > (size_t)(end - inside)) {
        return false;
    }
    *at = inside + size;
    *element = (span){start, (size_t)(*at - start)};
    return true;
}

static bool enter(span element, int tag, const unsigned char **at, const unsigned char **end) {
    unsigned char *inside = (unsigned char *)element.data;
    size_t size;
    *end = element.data + element.size;
    if (mbedtls_asn1_get_tag(&inside, *end, &size, tag) != 0) {
        return false;
    }
    *at = inside;
    return true;
}

// The subject of a certificate; false if it is none.
static bool subject_of(span certificate, span *subject) {
    const unsigned char *at, *end;
    span part;
    if (!enter(certificate, SEQUENCE, &at, &end) || !take(&at, end, &part) || !enter(part, SEQUENCE, &at, &end)) {
        return false;
    }
    if (at < end && *at == CONTEXT(0) && !take(&at, end, &part)) {
        return false;
    }
    for (int i = 0; i < 4; i++) { // serial, signature algorithm, issuer, validity
        if (!take(&at, end, &part)) {
            return false;
        }
    }
    return take(&at, end, subject);
}

// ---- a bundle

// The whole file, NUL-terminated; the caller frees it. NULL if it cannot be read or is far too big.
static char *read_file(const char *path) {
#if defined(_WIN32)
    // The one path that Windows has comes from SSL_CERT_FILE, which is in UTF-16 there.
    FILE *file = _wfopen(_wgetenv(L"SSL_CERT_FILE"), L"rb");
    (void)path;
#else
    FILE *file = fopen(path, "rbe");
#endif
    if (file == NULL) {
        return NULL;
    }
    char *text = NULL;
    size_t size = 0, room = 0;
    for (;;) {
        if (size + 1 >= room) {
            room = room ? room * 2 : 256 * 1024; // most bundles fit at once
            char *more = room > FILE_LIMIT_BYTES ? NULL : realloc(text, room);
            if (more == NULL) {
                free(text);
                text = NULL;
                break;
            }
            text = more;
        }
        size_t got = fread(text + size, 1, room - size - 1, file);
        size += got;
        if (got == 0) {
            text[size] = 0;
            break;
        }
    }
    if (text != NULL && ferror(file)) {
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

static int digit(char c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Decodes the next block of a bundle into `der`. mbedTLS's own decoder takes constant time, for keys, and so is
// many times slower than what these public bytes need. False at the end of the text.
static bool next_block(const char **at, unsigned char *der, span *certificate) {
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    const char *from = strstr(*at, begin);
    if (from == NULL) {
        return false;
    }
    from += sizeof(begin) - 1;
    uint32_t bits = 0;
    unsigned count = 0;
    size_t size = 0;
    for (; *from && *from != '-' && *from != '='; from++) {
        int value = digit(*from);
        if (value < 0) {
            continue; // a line's end; anything else leaves a certificate that does not parse
        }
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8 && size < CERTIFICATE_LIMIT_BYTES) {
            count -= 8;
            der[size++] = (unsigned char)(bits >> count);
        }
    }
    *at = from;
    *certificate = (span){der, size};
    return true;
}

// Reads the file's names; false if there is no certificate in it.
static bool scan(const char *path) {
    char *text = read_file(path);
    unsigned char *der = malloc(CERTIFICATE_LIMIT_BYTES);
    const char *at = text;
    span certificate, subject;
    size_t room = 0;
    while (text != NULL && der != NULL && next_block(&at, der, &certificate)) {
        if (!subject_of(certificate, &subject)) {
            continue;
        }
        if (roots.count == room) {
            room = room ? room * 2 : 192;
            uint32_t *more = realloc(roots.names, room * sizeof(uint32_t));
            if (more == NULL) {
                break;
            }
            roots.names = more;
        }
        roots.names[roots.count++] = hash(subject);
    }
    free(der);
    free(text);
    return roots.count > 0;
}

const char *weft_roots_source(void) {
    if (roots.source != NULL) {
        return roots.source;
    }
    const char *asked = getenv("SSL_CERT_FILE");
    if (asked != NULL && *asked) {
        // Whoever names a file wants no one else trusted, so an unreadable one is not passed over in silence.
        char *copy = malloc(strlen(asked) + 1);
        roots.source = copy != NULL ? strcpy(copy, asked) : "SSL_CERT_FILE";
        roots.is_missing = !scan(roots.source);
        return roots.source;
    }
#if !defined(_WIN32)
    for (size_t i = 0; i < sizeof(system_bundles) / sizeof(*system_bundles); i++) {
        if (scan(system_bundles[i])) {
            return roots.source = system_bundles[i];
        }
    }
#endif
    return roots.source = "embedded";
}

bool weft_roots_missing(void) {
    weft_roots_source();
    return roots.is_missing;
}

// ---- what mbedTLS asks

// Parses `certificate` and puts it in front of the list. One that mbedTLS does not take (P-521) is passed over.
static int add(span certificate, mbedtls_x509_crt **list) {
    mbedtls_x509_crt *root = mbedtls_calloc(1, sizeof(*root));
    if (root == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    mbedtls_x509_crt_init(root);
    if (mbedtls_x509_crt_parse_der(root, certificate.data, certificate.size) != 0) {
        mbedtls_x509_crt_free(root);
        mbedtls_free(root);
        return 0;
    }
    root->next = *list;
    *list = root;
    return 0;
}

// Writes `part` in front of *at.
static int put(unsigned char **at, unsigned char *start, span part) {
    return mbedtls_asn1_write_raw_buffer(at, start, part.data, part.size);
}

// A certificate that says of an embedded root what its record says: a trust anchor is a name, a key, a time and a
// path length; who signed it does not matter, and leaving the signatures out is what makes the set half as big.
static int add_embedded(span validity, span subject, span key, int path, mbedtls_x509_crt **list) {
    static const unsigned char algorithm[] = {0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}; // any one
    static const unsigned char version_and_serial[] = {0xa0, 3, 2, 1, 2, 2, 1, 1};
    static const unsigned char no_signature[] = {3, 2, 0, 0};
    unsigned char any_path[] = {0xa3, 19, 0x30, 17, 0x30, 15, 6, 3, 0x55, 0x1d, 0x13, 1, 1, 0xff, 4, 5, 0x30, 3, 1, 1,
                                0xff};
    unsigned char limited_path[] = {0xa3, 22, 0x30, 20,   0x30, 18, 6, 3, 0x55, 0x1d, 0x13, 1,
                                    1,    0xff, 4,  8,    0x30, 6,  1, 1, 0xff, 2,    1,    (unsigned char)path};
    span constraints = path < 0 ? (span){any_path, sizeof(any_path)} : (span){limited_path, sizeof(limited_path)};
    span parts[] = {
        constraints, key, subject, validity, subject, {algorithm, sizeof(algorithm)},
        {version_and_serial, sizeof(version_and_serial)},
    };
    unsigned char der[4096];
    unsigned char *at = der + sizeof(der);
    size_t size = 0;
    int ret = put(&at, der, (span){no_signature, sizeof(no_signature)});
    ret = ret < 0 ? ret : put(&at, der, (span){algorithm, sizeof(algorithm)});
    const unsigned char *end = at;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && ret >= 0; i++) {
        ret = put(&at, der, parts[i]);
    }
    for (int i = 0; i < 2 && ret >= 0; i++) { // the part to be signed, then all of it
        size = (size_t)((i == 0 ? end : der + sizeof(der)) - at);
        ret = mbedtls_asn1_write_len(&at, der, size);
        ret = ret < 0 ? ret : mbedtls_asn1_write_tag(&at, der, SEQUENCE);
    }
    if (ret < 0) {
        return ret;
    }
    return add((span){at, (size_t)(der + sizeof(der) - at)}, list);
}

static int find_embedded(span issuer, mbedtls_x509_crt **found) {
    const unsigned char *at = weft_roots_embedded, *end = at + weft_roots_embedded_bytes;
    span record;
    int ret = 0;
    while (ret == 0 && take(&at, end, &record)) {
        const unsigned char *inside, *record_end;
        span validity, subject, key, path;
        if (enter(record, SEQUENCE, &inside, &record_end) && take(&inside, record_end, &validity) &&
            take(&inside, record_end, &subject) && same(subject, issuer) && take(&inside, record_end, &key) &&
            take(&inside, record_end, &path)) {
            ret = add_embedded(validity, subject, key, (signed char)path.data[path.size - 1], found);
        }
    }
    return ret;
}

static int find_in_bundle(span issuer, mbedtls_x509_crt **found) {
    size_t i = 0;
    for (uint32_t wanted = hash(issuer); i < roots.count && roots.names[i] != wanted; i++) {
    }
    if (i == roots.count) {
        return 0;
    }
    char *text = read_file(roots.source);
    unsigned char *der = malloc(CERTIFICATE_LIMIT_BYTES);
    const char *at = text;
    span certificate, subject;
    int ret = der == NULL ? MBEDTLS_ERR_X509_ALLOC_FAILED : 0;
    while (text != NULL && ret == 0 && next_block(&at, der, &certificate)) {
        if (subject_of(certificate, &subject) && same(subject, issuer)) {
            ret = add(certificate, found);
        }
    }
    free(der);
    free(text);
    return ret;
}

int weft_roots_find(void *unused, const mbedtls_x509_crt *child, mbedtls_x509_crt **found) {
    (void)unused;
    *found = NULL;
    bool is_embedded = strcmp(weft_roots_source(), "embedded") == 0;
    span issuer = {child->issuer_raw.p, child->issuer_raw.len};
    int ret = is_embedded ? find_embedded(issuer, found) : find_in_bundle(issuer, found);
    if (ret != 0 && *found != NULL) {
        mbedtls_x509_crt_free(*found);
        mbedtls_free(*found);
        *found = NULL;
    }
    return ret;
}
