// What mbedTLS 3.6 is built with: a TLS 1.2 and 1.3 client that checks certificate chains, and nothing else.
// Given as MBEDTLS_CONFIG_FILE. Whatever is not defined here is left out; the comments say why where it may surprise.

#ifndef WEFT_MBEDTLS_CONFIG_H
#define WEFT_MBEDTLS_CONFIG_H

// The system. HAVE_TIME_DATE makes "expired" and "not yet valid" checks exist at all.
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_ENTROPY_C
#define MBEDTLS_CTR_DRBG_C
// No FS_IO: weft_roots.c reads certificates. No NET_C, TIMING_C: libcurl has the sockets and the clock.
// No THREADING_C: libcurl's resolver threads never enter mbedTLS, everything else runs in one thread.
// No ERROR_C, DEBUG_C, VERSION_C, and X509_REMOVE_INFO: weft_verify.c words each refusal in fewer bytes.
// No SELF_TEST.

// Ciphers: only those with authentication. No CBC, CTR, XTS, CCM, DES, Camellia, ARIA. Without CBC nothing decrypts
// a block: GCM and the random generator only ever encrypt one.
#define MBEDTLS_AES_C
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_GCM_C
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_CIPHER_C
// The processor's own AES: faster, smaller than another table, and without the tables' timing.
#if defined(__x86_64__)
#define MBEDTLS_AESNI_C
#elif defined(__aarch64__)
#define MBEDTLS_AESCE_C
#endif

// Hashes. No MD5 and no SHA-1: a certificate signed with either is refused, also as a pinned root's child.
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_SMALLER
#define MBEDTLS_HKDF_C

// Public keys: RSA and ECDSA certificates, ECDHE key exchange. No P-521, Brainpool, secp*k1, finite-field DH:
// public certificate authorities and servers do without. No tables of multiples of the curves' base points either:
// they save 2 ms a handshake and cost 6 KB. No deterministic ECDSA: a client never signs.
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
// Windows of 2^2 instead of 2^6 for exponentiation: a verification has a tiny exponent and gains nothing from more.
#define MBEDTLS_MPI_WINDOW_SIZE 2
// RSA up to 8192 bits: the default, said here because it bounds what a hostile chain can make us compute.
#define MBEDTLS_MPI_MAX_SIZE 1024

// Certificates. BASE64_C and not PEM_PARSE_C: weft_roots.c finds the blocks of a bundle, one at a time, and the
// callback hands mbedTLS only those roots that a chain asks for, so 140 of them are never in memory at once.
#define MBEDTLS_BASE64_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_REMOVE_INFO
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT // TLS 1.3 has no other RSA signatures
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 8

// TLS. No session tickets nor PSK: a resumed session saves one signature check, its code costs 8 KB.
// No renegotiation: the way into triple handshake attacks, and TLS 1.3 has none. No DTLS, no server.
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
// A server may send records of 16 KB; ours are our choice, and 4 KB a connection is enough.
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

// TLS 1.3 computes through PSA: its key schedule, key exchange and records, and nothing else. Without this list PSA
// would offer all of the above, RSA's private half included. Keys live in memory only, and its buffers are ours alone.
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE <mbedtls_config.h>
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS
#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_SHA_384 1
#define PSA_WANT_ALG_SHA_512 1
#define PSA_WANT_ALG_HMAC 1
#define PSA_WANT_ALG_HKDF_EXTRACT 1
#define PSA_WANT_ALG_HKDF_EXPAND 1
#define PSA_WANT_ALG_ECDH 1
#define PSA_WANT_ALG_GCM 1
#define PSA_WANT_ALG_CHACHA20_POLY1305 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_ECC_SECP_R1_384 1
#define PSA_WANT_ECC_MONTGOMERY_255 1
#define PSA_WANT_KEY_TYPE_DERIVE 1
#define PSA_WANT_KEY_TYPE_HMAC 1
#define PSA_WANT_KEY_TYPE_AES 1
#define PSA_WANT_KEY_TYPE_CHACHA20 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_GENERATE 1

#endif
