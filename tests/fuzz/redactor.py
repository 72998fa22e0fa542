"""The redactor: nothing that it would hide is left in what it gives back, and nothing grows without bound."""

from __future__ import annotations

from clawft.security.secrets import REDACTED, Redactor
from tests.fuzz.texts import text_of
from tests.portable.test_secrets import HIDDEN, KEPT

CONFIGURED = "correct-horse-battery/1"
REDACTOR = Redactor((CONFIGURED, "short"))


def seeds():
    texts = [text for text, _ in HIDDEN] + [text for text in KEPT if text] + ["x " + CONFIGURED + " y"]
    return [text.encode() for text in texts]


def check(data):
    text = text_of(data)
    hidden = REDACTOR.text(text)
    assert CONFIGURED not in hidden
    check_settles(hidden)
    assert len(hidden) <= (len(text) + 1) * len(REDACTED)
    # A secret that is surely one, wherever it stands between spaces.
    planted = "sk-ant-" + "a1B2" * 8
    assert planted not in REDACTOR.text(text + " " + planted + " " + text)
    assert REDACTOR.value({"api_key": text or "x", "list": [text]}) == {"api_key": REDACTED, "list": [hidden]}


def check_settles(text):
    """What is hidden stays so. A second reading may hide more: a value that held code has none where that is gone."""
    for _ in range(4):
        before, text = text, REDACTOR.text(text)
        if text == before:
            return
    raise AssertionError(text)
