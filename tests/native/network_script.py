"""What the scripts of the network's tests share; runs inside the test build of an executable, so in its dialect.

`ALL` milliseconds is every limit that a test is not about: a test that runs into it hangs too long, and fails.
"""

import _weft

ALL = 30000
LIMITS = (ALL, ALL, ALL, ALL)


def start(url, method="GET", headers=(), body=b"", addresses=None, limits=LIMITS, proxy=None):
    return _weft.http(method, url, headers, body, addresses, limits, proxy)


def head(handle):
    found = _weft.http_head(handle)
    while found is None:
        _weft.wait(ALL)
        found = _weft.http_head(handle)
    return found


def rest(handle):
    pieces = []
    while True:
        piece = _weft.read(handle, 65536)
        if piece is None:
            _weft.wait(ALL)
        elif piece:
            pieces.append(piece)
        else:
            return b"".join(pieces)


def whole(handle):
    """(status, headers, body), or (phase, message, is_sent) of what failed."""
    try:
        status, headers = head(handle)
        return status, headers, rest(handle)
    except _weft.TransportError as error:
        return error.args
    finally:
        _weft.close(handle)


def fetch(url, **more):
    try:
        handle = start(url, **more)
    except _weft.TransportError as error:
        return error.args
    return whole(handle)
