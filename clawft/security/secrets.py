"""Turns text and JSON values into the same without secrets: what is configured, looks like a key, or is named so.

Whatever leaves for a person, a log, a file or a model passes here once, where it is made. Over-careful by intent for
shapes that nothing else has (`sk-ant-...`), and reluctant for names (`token = next(stream)` stays).
"""

from __future__ import annotations

REDACTED = "[redacted]"
# Shorter values would blank out ordinary words.
LEAST_VALUE_CHARACTERS = 6
LEAST_NAMED_CHARACTERS = 8
JUDGED_CHARACTERS = 200
NAME_CHARACTERS = 64

LETTERS = b"abcdefghijklmnopqrstuvwxyz"
DIGITS = b"0123456789"
UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORD = LETTERS + UPPER + DIGITS + b"_"
BASE64_URL = WORD + b"-"
DOTTED = BASE64_URL + b"."
UPPER_DIGITS = UPPER + DIGITS
SPACES = b" \t"
QUOTES = b"\\\"'`"
# What ends the value of a name, unless quotes do; and the part of a URL that names the server.
VALUE_ENDS = b" \t\r\n,;\"'`<>)}]|"
AUTHORITY_ENDS = VALUE_ENDS + b"/?#"

# What keys of well-known services begin with, how many characters follow at least, and of which alphabet. Each service
# documents its prefix so that scanners can find it.
TOKEN_SHAPES = (
    (b"sk-", 20, BASE64_URL),  # OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), DeepSeek
    (b"sk_live_", 16, WORD),  # Stripe
    (b"rk_live_", 16, WORD),
    (b"gsk_", 20, WORD),  # Groq
    (b"hf_", 20, WORD),  # Hugging Face
    (b"ghp_", 30, WORD),  # GitHub, six kinds
    (b"gho_", 30, WORD),
    (b"ghu_", 30, WORD),
    (b"ghs_", 30, WORD),
    (b"ghr_", 30, WORD),
    (b"github_pat_", 30, WORD),
    (b"glpat-", 20, BASE64_URL),  # GitLab
    (b"npm_", 30, WORD),
    (b"pypi-", 40, BASE64_URL),
    (b"xoxb-", 20, BASE64_URL),  # Slack, five kinds
    (b"xoxp-", 20, BASE64_URL),
    (b"xoxa-", 20, BASE64_URL),
    (b"xoxs-", 20, BASE64_URL),
    (b"xapp-", 20, BASE64_URL),
    (b"AKIA", 16, UPPER_DIGITS),  # Amazon, lasting and for a session
    (b"ASIA", 16, UPPER_DIGITS),
    (b"AIza", 35, BASE64_URL),  # Google
    (b"ya29.", 20, BASE64_URL),
    (b"SG.", 40, DOTTED),  # SendGrid
    (b"tvly-", 16, BASE64_URL),  # Tavily
    (b"BSA", 24, BASE64_URL),  # Brave
)
# A JSON Web Token: three parts of base64url, the first an object.
JWT_START = b"eyJ"
JWT_DOTS = 2
LEAST_JWT_CHARACTERS = 40
PEM_BEGIN = b"-----BEGIN "
PEM_KEY = b"PRIVATE KEY-----"
PEM_HEADER_CHARACTERS = 64
PEM_END = b"-----END "
# As Telegram's "Authorizing your bot" shows them: digits, a colon and 35 characters.
BOT_TOKEN_CHARACTERS = 35
LEAST_BOT_DIGITS = 8

# How the names of secrets end, in lower case with `_` for `-`.
NAME_ENDINGS = (
    "api_key",
    "apikey",
    "access_key",
    "secret_key",
    "private_key",
    "encrypt_key",
    "secret",
    "token",
    "password",
    "passwd",
    "passphrase",
    "authorization",
    "cookie",
    "credentials",
)
# They end like secrets and are none: what they hold is needed to go on.
NOT_SECRET = ("page_token", "continuation_token", "next_token")
# Every one of them holds one of these, which is what text is searched for.
NAME_CORES = (
    b"key",
    b"secret",
    b"token",
    b"passw",
    b"passphrase",
    b"authorization",
    b"cookie",
    b"credentials",
)
SCHEMES = (b"bearer ", b"basic ", b"token ")


# For each alphabet, a byte for each of the 256: 1 for its members.
_members: dict[bytes, bytes] = {}


class Redactor:
    """Hides secrets. `values`: those that are configured; the short ones among them are passed over."""

    def __init__(self, values: tuple[str, ...] = ()) -> None:
        found: dict[str, None] = {}
        for value in values:
            if len(value) >= LEAST_VALUE_CHARACTERS:
                for form in _forms(value):
                    found[form] = None
        # The longest first: one may be a part of another.
        self._values = sorted(found, key=lambda value: -len(value))

    def text(self, text: str) -> str:
        """The text with `[redacted]` for each secret in it; most text comes back as it is."""
        for value in self._values:
            if value in text:
                text = text.replace(value, REDACTED)
        # Bytes: MicroPython finds the character at a place of a text only by counting from its start.
        text, data = _encoded(text)
        spans: list[tuple[int, int]] = []
        _find_shapes(data, spans)
        _find_jwts(data, spans)
        _find_pem(data, spans)
        _find_bot_tokens(data, spans)
        _find_user_info(data, spans)
        _find_named(data, spans)
        return _without(data, spans).decode() if spans else text

    def value(self, value: object) -> object:
        """A JSON value with its texts redacted, and whole what stands under the name of a secret."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.named(str(name), inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        return value

    def named(self, name: str, value: object) -> object:
        """The value that stands under a name in JSON."""
        if isinstance(value, str) and value and is_secret_name(name):
            return REDACTED
        return self.value(value)


def is_secret_name(name: str) -> bool:
    """Whether a key, variable or header of that name holds a secret, going by how it ends."""
    plain = _snake(name)
    for ending in NOT_SECRET:
        if plain.endswith(ending):
            return False
    return any(plain == ending or plain.endswith("_" + ending) for ending in NAME_ENDINGS)


def _encoded(text: str) -> tuple[str, bytes]:
    """The text and its UTF-8. JSON can say half of a character (a lone surrogate) and UTF-8 cannot: U+FFFD is there."""
    try:
        data = text.encode()
    except UnicodeError:
        data = b"\xed"
    # MicroPython encodes what CPython does not.
    if b"\xed" in data and any(0xD800 <= ord(character) < 0xE000 for character in text):  # noqa: PLR2004 - Unicode's
        text = "".join(
            ["\ufffd" if 0xD800 <= ord(character) < 0xE000 else character for character in text]  # noqa: PLR2004
        )
        data = text.encode()
    return text, data


def _snake(name: str) -> str:
    """`apiKey`, `API-KEY` and `api_key` are one name."""
    parts = []
    last = ""
    for character in name:
        if "A" <= character <= "Z" and "a" <= last <= "z":
            parts.append("_")
        parts.append("_" if character in "-. " else character)
        last = character
    return "".join(parts).lower()


def _forms(value: str) -> tuple[str, ...]:
    """A value as it is, and as it stands in a URL and in JSON."""
    quoted = []
    escaped = []
    for character in value:
        data = character.encode()
        is_plain = len(data) == 1 and (data in DOTTED or data == b"~")
        quoted.append(character if is_plain else "".join(["%{:02X}".format(byte) for byte in data]))
        escaped.append("\\" + character if character in '"\\' else character)
    return value, "".join(quoted), "".join(escaped)


def _without(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    kept = []
    end = 0
    for first, last in sorted(spans):
        if last <= end:
            continue
        if first >= end:
            kept.append(data[end:first])
            kept.append(REDACTED.encode())
        end = last
    kept.append(data[end:])
    return b"".join(kept)


def _is_in(alphabet: bytes) -> bytes:
    members = _members.get(alphabet)
    if members is None:
        table = bytearray(256)
        for byte in alphabet:
            table[byte] = 1
        members = _members[alphabet] = bytes(table)
    return members


def _run(data: bytes, start: int, alphabet: bytes) -> int:
    """Where the bytes of an alphabet end that begin at `start`."""
    members = _is_in(alphabet)
    end = start
    size = len(data)
    while end < size and members[data[end]]:
        end += 1
    return end


def _until(data: bytes, start: int, alphabet: bytes) -> int:
    """Where the first byte of an alphabet is from `start` on, the end if there is none."""
    members = _is_in(alphabet)
    end = start
    size = len(data)
    while end < size and not members[data[end]]:
        end += 1
    return end


def _find_shapes(data: bytes, spans: list[tuple[int, int]]) -> None:
    words = _is_in(WORD)
    for prefix, least, alphabet in TOKEN_SHAPES:
        at = data.find(prefix)
        while at >= 0:
            end = _run(data, at + len(prefix), alphabet)
            # In the middle of a word it is a word: `task-...` is no key.
            if end - at - len(prefix) >= least and not (at and words[data[at - 1]]):
                spans.append((at, end))
            at = data.find(prefix, end)


def _find_jwts(data: bytes, spans: list[tuple[int, int]]) -> None:
    at = data.find(JWT_START)
    while at >= 0:
        end = _run(data, at, DOTTED)
        if end - at >= LEAST_JWT_CHARACTERS and data[at:end].count(b".") == JWT_DOTS:
            spans.append((at, end))
        at = data.find(JWT_START, end)


def _find_pem(data: bytes, spans: list[tuple[int, int]]) -> None:
    at = data.find(PEM_BEGIN)
    while at >= 0:
        start = at + len(PEM_BEGIN)
        found = data[at : at + PEM_HEADER_CHARACTERS].find(PEM_KEY)
        if found >= 0:
            start = at + found + len(PEM_KEY)
            end = data.find(PEM_END, start)
            spans.append((start, end if end >= 0 else len(data)))
            if end < 0:
                return
            start = end
        at = data.find(PEM_BEGIN, start)


def _find_bot_tokens(data: bytes, spans: list[tuple[int, int]]) -> None:
    digits = _is_in(DIGITS)
    at = data.find(b":")
    while at >= 0:
        first = at
        while first and digits[data[first - 1]] and at - first < LEAST_BOT_DIGITS * 2:
            first -= 1
        if at - first >= LEAST_BOT_DIGITS:
            end = _run(data, at + 1, BASE64_URL)
            if end - at - 1 == BOT_TOKEN_CHARACTERS:
                spans.append((first, end))
        at = data.find(b":", at + 1)


def _find_user_info(data: bytes, spans: list[tuple[int, int]]) -> None:
    """The password of `scheme://user:password@host`."""
    at = data.find(b"://")
    while at >= 0:
        start = at + 3
        authority = data[start : _until(data, start, AUTHORITY_ENDS)]
        colon = authority.find(b":")
        sign = authority.rfind(b"@")
        if 0 <= colon < sign - 1:
            spans.append((start + colon + 1, start + sign))
        at = data.find(b"://", start)


def _find_named(data: bytes, spans: list[tuple[int, int]]) -> None:
    """`API_KEY=...`, `"password": "..."`, `Authorization: Bearer ...`."""
    lowered = data.lower()  # of bytes: only ASCII, so that places agree
    members = _is_in(BASE64_URL)
    for core in NAME_CORES:
        at = lowered.find(core)
        while at >= 0:
            end = _run(data, at, BASE64_URL)
            first = at
            while first and members[data[first - 1]]:
                first -= 1
            name = data[first:end]
            if len(name) <= NAME_CHARACTERS and is_secret_name(name.decode()):
                end = _add_value(data, lowered, name, end, spans)
            at = lowered.find(core, end)


def _add_value(data: bytes, lowered: bytes, name: bytes, end: int, spans: list[tuple[int, int]]) -> int:
    """Add what a name that ends at `end` is given, if that looks like a value and not like code. Where to go on."""
    # Also the escaped quotes of JSON inside JSON.
    sign = _run(data, _run(data, end, QUOTES), SPACES)
    if data[sign : sign + 1] not in (b":", b"="):
        return end
    at = _run(data, sign + 1, SPACES)
    for scheme in SCHEMES:
        if lowered[at : at + len(scheme)] == scheme:
            at += len(scheme)
            break
    start = _run(data, at, QUOTES)
    ends = VALUE_ENDS if start == at else data[start - 1 : start] + b"\\\n"
    # Its beginning tells: a long value that is none may hold many more names.
    value = data[start : start + _until(data[start : start + JUDGED_CHARACTERS], 0, ends)]
    is_variable = sign == end and data[sign : sign + 1] == b"=" and name == name.upper()
    is_value = start > at or is_variable or _is_varied(value)
    if not is_value or len(value) < LEAST_NAMED_CHARACTERS or _is_code(value):
        return end
    stop = _until(data, start, ends)
    spans.append((start, stop))
    return stop


def _is_varied(value: bytes) -> bool:
    """Letters and digits mixed, as in keys, and unlike the words of a program."""
    digits = _is_in(DIGITS)
    count = len([byte for byte in value if digits[byte]])
    return 0 < count < len(value)


def _is_code(value: bytes) -> bool:
    """A call, a variable to be filled in, or stars: nothing that could be used."""
    return (
        value[:1] in (b"$", b"<", b"{", b"%", b"[", b"(")
        or b"(" in value
        or b"..." in value
        or value.strip(b"*xX") == b""
    )
