"""What of libcurl and mbedTLS is compiled, and how, as data for the cross-build; compiling does not live here.

Neither library's configure script is run: the configuration headers in clawft/embedded/port answer instead.
"""

from __future__ import annotations

from typing import NamedTuple


class Library(NamedTuple):
    """One library: paths are relative to its unpacked and patched source folder."""

    name: str
    sources: tuple[str, ...]
    include_folders: tuple[str, ...]
    port_folders: tuple[str, ...]  # relative to clawft/embedded/port, searched before the library's own
    defines: tuple[str, ...]
    flags: tuple[str, ...]
    port_sources: tuple[
        str, ...
    ] = ()  # of our own, compiled like the library's; relative to clawft/embedded/port


# What its own -Wall has to say about third-party code is not ours to mend; sections let the linker drop functions.
# zig takes -Oz for -Os: only clang itself can be told the difference, 18 KB.
THIRD_PARTY = (
    "-std=gnu11",
    "-Os",
    "-Xclang",
    "-Oz",
    "-w",
    "-fno-sanitize=undefined",
    "-ffunction-sections",
    "-fdata-sections",
)

# In angle brackets: in quotes, mbedTLS would find the file of that name beside its own header first.
MBEDTLS_DEFINES = ("MBEDTLS_CONFIG_FILE=<mbedtls_config.h>",)
CURL_DEFINES = ("CURL_STATICLIB",)

# Some are empty after preprocessing for a system or a configuration, as each library intends.
MBEDTLS_SOURCES = """
aes aesce aesni asn1parse asn1write base64 bignum bignum_core bignum_mod bignum_mod_raw block_cipher
chacha20 chachapoly cipher cipher_wrap constant_time ctr_drbg ecdh ecdsa ecp ecp_curves
ecp_curves_new entropy entropy_poll gcm hkdf md oid pk pk_ecc pk_wrap pkparse pkwrite platform
platform_util poly1305 rsa rsa_alt_helpers sha256 sha512 psa_crypto psa_crypto_aead
psa_crypto_cipher psa_crypto_client psa_crypto_driver_wrappers_no_static psa_crypto_ecp
psa_crypto_ffdh psa_crypto_hash psa_crypto_mac psa_crypto_random psa_crypto_rsa
psa_crypto_slot_management psa_util x509 x509_crt ssl_ciphersuites ssl_client ssl_msg ssl_tls
ssl_tls12_client ssl_tls13_client ssl_tls13_generic ssl_tls13_keys
"""
CURL_SOURCES = """
asyn-base asyn-thrdd bufq bufref cf-h1-proxy cf-haproxy cf-https-connect cf-socket cfilters
conncache connect content_encoding cshutdn curl_addrinfo curl_endian curl_get_line curl_memrchr
curl_range curl_threads curl_trc cw-out cw-pause dynhds easy easyoptions escape fake_addrinfo
fileinfo getenv getinfo hash headers hostip hostip4 hostip6 http http1 http_chunks http_proxy idn
if2ip inet_ntop llist macos memdebug mime mprintf multi multi_ev noproxy parsedate progress rand
rename request select sendf setopt share slist socketpair speedcheck splay strcase strdup strequal
strerror system_win32 transfer uint-bset uint-hash uint-spbset uint-table url urlapi version ws
curlx/base64 curlx/dynbuf curlx/inet_pton curlx/multibyte curlx/nonblock curlx/strparse
curlx/timediff curlx/timeval curlx/version_win32 curlx/warnless curlx/winapi vauth/cleartext
vauth/vauth vtls/hostcheck vtls/keylog vtls/mbedtls vtls/mbedtls_threadlock vtls/vtls vquic/vquic
"""

MBEDTLS = Library(
    name="mbedtls",
    sources=tuple(f"library/{name}.c" for name in MBEDTLS_SOURCES.split()),
    include_folders=("include", "library"),
    port_folders=("",),
    defines=MBEDTLS_DEFINES,
    flags=THIRD_PARTY,
)

CURL = Library(
    name="curl",
    sources=tuple(f"lib/{name}.c" for name in CURL_SOURCES.split()),
    include_folders=("include", "lib"),
    port_folders=("curl_config", ""),
    defines=("BUILDING_LIBCURL", "HAVE_CONFIG_H", *CURL_DEFINES, *MBEDTLS_DEFINES),
    flags=THIRD_PARTY,
    port_sources=("curl_config/left_out.c",),
)

# In the order that a linker wants them: users before used. mbedTLS's include folder is libcurl's too.
LIBRARIES = (CURL, MBEDTLS)

# What of our own C WebAssembly has: the network, children, signals and roots are the host's.
_PORT_IN_WASM = """
collect main weft_bytes weft_exports weft_files weft_http_host weft_json weft_json_read weft_malloc
weft_module weft_packed weft_stream weft_system weft_terminal weft_vectors weft_dot weft_features weft_graph
weft_siphash weft_wait weft_wasi weft_error_component weft_exchange_component weft_http_component
weft_poll_component weft_exports_component weft_serve_component
"""
PORT_IN_WASM = tuple(_PORT_IN_WASM.split())
# What makes of the module's core that of the components.
COMPONENT_DEFINES = ("-DWEFT_COMPONENT=1",)

# What our own C needs to include <curl/curl.h> and mbedTLS's headers as they were compiled.
USER_INCLUDE_FOLDERS = {"curl": ("include",), "mbedtls": ("include",)}
USER_DEFINES = (*CURL_DEFINES, *MBEDTLS_DEFINES)
