// The network's functions of `_weft`, for weft_module.c.
//
//   HTTP       http(method, url, headers, body, addresses | None, (connect, first byte, between bytes, total) in ms,
//              None | "http://proxy:port" | (that, value of Proxy-Authorization)) -> handle
//              http_head(h) -> None | (status, ((name, value), ...)); read(h, n) -> None | b"" at the end | bytes
//              TransportError(phase, message, is_sent) from each of them; close(h) cancels
//   WebSocket  websocket(url, headers, addresses | None, timeouts_ms[, proxy]) -> handle
//              ws_head(h) -> None | ((name, value), ...) once it is open
//              ws_read(h) -> None | (kind, bytes), kind 1 text, 2 binary, 8 close (from then on always), 10 pong
//              ws_write(h, kind, data) -> bytes not yet sent; kind 1, 2, 8, 9 or 10; pings are answered by themselves
//              while the handle is waited for; want_write: wait() reports when all is sent
//   sockets    listen(address, port) -> handle, ready when somebody connects; port(h) -> int
//              accept(h) -> None | handle (read, write, want_write); peer(h) -> str, the other side's address
//   names      resolve(host, port) -> handle; resolved(h) -> None | tuple of str, or TransportError

#ifndef WEFT_NETWORK_FUNCTIONS_H
#define WEFT_NETWORK_FUNCTIONS_H

#include "py/obj.h"

extern const mp_obj_type_t mp_type_TransportError;
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(weft_http_obj);
MP_DECLARE_CONST_FUN_OBJ_1(weft_http_head_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(weft_websocket_obj);
MP_DECLARE_CONST_FUN_OBJ_1(weft_ws_head_obj);
MP_DECLARE_CONST_FUN_OBJ_1(weft_ws_read_obj);
MP_DECLARE_CONST_FUN_OBJ_3(weft_ws_write_obj);
MP_DECLARE_CONST_FUN_OBJ_2(weft_listen_obj);
MP_DECLARE_CONST_FUN_OBJ_1(weft_port_obj);
MP_DECLARE_CONST_FUN_OBJ_1(weft_accept_obj);
MP_DECLARE_CONST_FUN_OBJ_1(weft_peer_obj);
MP_DECLARE_CONST_FUN_OBJ_2(weft_resolve_obj);
MP_DECLARE_CONST_FUN_OBJ_1(weft_resolved_obj);

#if defined(__wasi__)
// HTTP alone, and that through the host: weft_http_host.c, weft_http_component.c, weft_serve_component.c.
MP_DECLARE_CONST_FUN_OBJ_1(weft_incoming_obj);
MP_DECLARE_CONST_FUN_OBJ_3(weft_respond_obj);
// clang-format off
#if WEFT_COMPONENT
#define WEFT_SERVE_ENTRIES \
    {MP_ROM_QSTR(MP_QSTR_incoming), MP_ROM_PTR(&weft_incoming_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_respond), MP_ROM_PTR(&weft_respond_obj)},
#else
#define WEFT_SERVE_ENTRIES
#endif
#define WEFT_NETWORK_ENTRIES \
    WEFT_SERVE_ENTRIES \
    {MP_ROM_QSTR(MP_QSTR_TransportError), MP_ROM_PTR(&mp_type_TransportError)}, \
    {MP_ROM_QSTR(MP_QSTR_http), MP_ROM_PTR(&weft_http_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_http_head), MP_ROM_PTR(&weft_http_head_obj)},
// clang-format on
#else
// clang-format off
#define WEFT_NETWORK_ENTRIES \
    {MP_ROM_QSTR(MP_QSTR_TransportError), MP_ROM_PTR(&mp_type_TransportError)}, \
    {MP_ROM_QSTR(MP_QSTR_http), MP_ROM_PTR(&weft_http_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_http_head), MP_ROM_PTR(&weft_http_head_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_websocket), MP_ROM_PTR(&weft_websocket_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_ws_head), MP_ROM_PTR(&weft_ws_head_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_ws_read), MP_ROM_PTR(&weft_ws_read_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_ws_write), MP_ROM_PTR(&weft_ws_write_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_listen), MP_ROM_PTR(&weft_listen_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_port), MP_ROM_PTR(&weft_port_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_accept), MP_ROM_PTR(&weft_accept_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_peer), MP_ROM_PTR(&weft_peer_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_resolve), MP_ROM_PTR(&weft_resolve_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_resolved), MP_ROM_PTR(&weft_resolved_obj)},
// clang-format on
#endif

#endif
