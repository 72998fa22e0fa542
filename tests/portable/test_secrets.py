"""What is secret never leaves, whatever it is called or looks like; what is not secret stays as it is."""

from __future__ import annotations

from clawft.security.secrets import REDACTED, Redactor, is_secret_name

R = REDACTED
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCD"

HIDDEN = (
    ("sk-" + KEY, R),
    ("key sk-ant-api03-" + KEY + ", and more", "key " + R + ", and more"),
    ("sk-or-v1-" + KEY + "\n", R + "\n"),
    ("(ghp_" + KEY[:36] + ")", "(" + R + ")"),
    ("github_pat_" + KEY, R),
    ("xoxb-123456789012-" + KEY, R),
    ("AKIAIOSFODNN7EXAMPLE", R),
    ("AIza" + KEY[:35], R),
    ("gsk_" + KEY + " hf_" + KEY, R + " " + R),
    ("glpat-" + KEY[:20], R),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijklmnopqr", R),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAAA\n-----END RSA PRIVATE KEY-----\nrest",
        "-----BEGIN RSA PRIVATE KEY-----" + R + "-----END RSA PRIVATE KEY-----\nrest",
    ),
    ("-----BEGIN PRIVATE KEY-----\nMIIB", "-----BEGIN PRIVATE KEY-----" + R),
    (
        "https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx/getMe",
        "https://api.telegram.org/bot" + R + "/getMe",
    ),
    ("postgres://ada:hunter2secret@db/x", "postgres://ada:" + R + "@db/x"),
    ("https://ada:p@ss@host/?a@b", "https://ada:" + R + "@host/?a@b"),
    ("OPENAI_API_KEY=whatever-it-is", "OPENAI_API_KEY=" + R),
    ("export DB_PASSWORD='correct horse'", "export DB_PASSWORD='" + R + "'"),
    ('{"api_key": "correcthorse", "n": 1}', '{"api_key": "' + R + '", "n": 1}'),
    ('{\\"apiKey\\":\\"correcthorse\\"}', '{\\"apiKey\\":\\"' + R + '\\"}'),
    ("password: hunter2hunter", "password: " + R),
    ("Authorization: Bearer abc.def-123456", "Authorization: Bearer " + R),
    ("authorization: basic dXNlcjpwYXNz1", "authorization: basic " + R),
    ("Cookie: session=0123456789abcdef", "Cookie: " + R),
    ("X-Api-Key: 0123456789abcdef", "X-Api-Key: " + R),
    ("client-secret = '0123456789abcdef'", "client-secret = '" + R + "'"),
    ("İ secret: 0123456789abcdef", "İ secret: " + R),
)

KEPT = (
    "",
    "plain text about keys, tokens and secrets",
    "max_tokens: 8192000000",
    "password = getpass()",
    "token = next(stream)",
    "token = lexer.peek",
    "api_key = os.environ",
    "secret: string",
    "API_KEY=$OTHER",
    "API_KEY=${OTHER_KEY_123}",
    'api_key: "<your key here>"',
    "password: ********",
    "next_page_token: abcdef0123456789",
    "monkey: banana123456",
    "task-list-that-is-long-enough-to-look-like-one sk-short",
    "risk-abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIA is a prefix, AKIAlowercase too",
    "12:30:45 and 2026-11-25T08:16:38",
    "12345678:short",
    "see https://example.com:8080/a@b?c=d:e@f",
    "ssh://git@host/path",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "eyJ is how one begins; eyJhbGciOiJIUzI1NiJ9 is a part",
    "commit 4fe369a2c1d8e7f60918273645546372819a0b1c",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
)


def test_what_looks_like_a_secret_is_hidden() -> None:
    redactor = Redactor()
    for text, expected in HIDDEN:
        assert redactor.text(text) == expected, (text, redactor.text(text))
        assert redactor.text(expected) == expected, expected


def test_what_only_sounds_like_one_stays() -> None:
    redactor = Redactor()
    for text in KEPT:
        assert redactor.text(text) == text, (text, redactor.text(text))


def test_configured_values_are_hidden_wherever_and_however_they_stand() -> None:
    redactor = Redactor(("s3cr3t/v@lue", "s3cr3t/v@lue+more", 'with"quote', "short"))
    assert redactor.text("as s3cr3t/v@lue here") == "as " + R + " here"
    assert redactor.text("s3cr3t/v@lue+more") == R
    assert redactor.text("?k=s3cr3t%2Fv%40lue&") == "?k=" + R + "&"
    assert redactor.text('{"a":"with\\"quote"}') == '{"a":"' + R + '"}'
    assert redactor.text("short and sweet") == "short and sweet"


def test_values_under_a_secret_name_are_hidden_whole() -> None:
    redactor = Redactor(("configured-one",))
    value = {
        "api_key": "x",
        "list": [{"Password": "y", "n": 1, "none": None}, "has configured-one"],
        "token": {"kind": "plain"},
        "max_tokens": 5,
        "secret": "",
    }
    assert redactor.value(value) == {
        "api_key": R,
        "list": [{"Password": R, "n": 1, "none": None}, "has " + R],
        "token": {"kind": "plain"},
        "max_tokens": 5,
        "secret": "",
    }


def test_names_of_secrets() -> None:
    for name in (
        "api_key",
        "apiKey",
        "API-KEY",
        "OPENAI_API_KEY",
        "bot_token",
        "clientSecret",
        "Authorization",
    ):
        assert is_secret_name(name), name
    for name in (
        "key",
        "tokens",
        "max_tokens",
        "tokenizer",
        "secretary",
        "monkey",
        "page_token",
        "author",
        "",
    ):
        assert not is_secret_name(name), name


def test_hostile_text_takes_time_in_proportion() -> None:
    redactor = Redactor(("configured-one",))
    for piece in (
        "sk-",
        "eyJ.",
        "a:",
        "://",
        "://u:",
        "token=",
        "-----BEGIN ",
        "key_",
        "1:",
        '"token":"',
        "1234567890:",
    ):
        redactor.text(piece * (6000 // len(piece)))


def test_half_a_character_is_replaced_and_what_stands_beside_it_is_still_hidden() -> None:
    redactor = Redactor(("correct-horse",))
    assert redactor.text("a\ud800b") == "a\ufffdb"
    assert redactor.text("\udfff correct-horse sk-" + KEY) == "\ufffd " + R + " " + R
    assert redactor.value({"a": ["\ud800"]}) == {"a": ["\ufffd"]}
    assert redactor.text("\ud55c\uae00 \ud7ff") == "\ud55c\uae00 \ud7ff"  # Hangul, whose bytes begin alike
