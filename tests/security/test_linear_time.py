"""What reads long text from outside takes time in proportion to it on MicroPython, where text[n] counts to n.

Instructions are counted, so no machine is too slow for this.
"""

from __future__ import annotations

import pytest

from tests.portable.harness import fuel_spent

LENGTH = 6000
LINE = (
    "from clawft.security.commands import CommandPolicy\n"
    "work = CommandPolicy('allowlist', ['cat', 'echo', 'jq']).judge_line"
)
CASES = {
    "a command of words": (LINE, "text = 'echo' + ' twelve_words' * (size // 13)"),
    "a command of one word": (LINE, "text = 'echo ' + 'x' * size"),
    "a command of quotes": (LINE, "text = 'echo \"' + 'some text ' * (size // 10) + '\"'"),
    "a command of escapes": (LINE, "text = 'echo ' + '\\\\x' * (size // 2)"),
    "a command of variables": (LINE, "text = 'echo ' + '$LANG' * (size // 5)"),
    "a here-document": (LINE, "text = 'cat <<E\\n' + 'a line\\n' * (size // 7) + 'E\\n'"),
    "a filter of jq": (LINE, "text = \"jq '\" + 'ximport' * (size // 7) + \"'\""),
    "a sanitized text": (
        "from clawft.core.sanitize import sanitize_content as work",
        "text = 'a word\u00e9 ' * (size // 8)",
    ),
    "a sanitized text of flags": (
        "from clawft.core.sanitize import sanitize_content as work",
        "text = '\\U0001f3f4\\U000e0067' * (size // 2)",
    ),
    "a redacted text": (
        "from clawft.security.secrets import Redactor as R\nwork = R(('correct-horse',)).text",
        "text = 'the token: 0123456789abcdef and sk-x ' * (size // 37)",
    ),
    "a config file": (
        "from clawft.core.jsonc import parse as work",
        "text = b'{\"a\": [' + b'\"b\\\\u00e9c\", 1, ' * (size // 16) + b']}'",
    ),
    "the grammar of JSON": (
        "from clawft.core.json_grammar import check_json_text as work",
        "text = '[' + '\"b\\\\u00e9c\", ' * (size // 13) + '1]'",
    ),
    "repaired arguments": (
        "from clawft.agent.repair import repaired\nwork = lambda text: repaired(text, {})",
        "text = '{\"a\": [' + '\"b\\nc\", 1, ' * (size // 12) + '1,]}'",
    ),
    "a page": (
        "from clawft.tools.html_text import page_of as work",
        "text = '<p>some <b>text</b> &amp; <a href=/x>y</a>' * (size // 42)",
    ),
    "a URL": (
        "from clawft.security.canonical_url import canonical_url as work",
        "text = 'http://example.com/' + 'a b/../' * (size // 7)",
    ),
    "an event stream": (
        "from clawft.providers.sse import SseParser\nwork = SseParser().feed",
        "text = b'data: {}\\n\\n' * (size // 10)",
    ),
}


def fuel_of(case, size):
    setup, text = CASES[case]
    return fuel_spent("\n".join([setup, f"size = {size}", text, "work(text)"]))


@pytest.mark.parametrize("case", CASES)
def test_time_is_in_proportion(case):
    short, middle, long = (fuel_of(case, LENGTH // 4 * times) for times in (1, 2, 4))
    # Twice the first difference if it is, four times if it is squared; a heap that is never collected adds a little.
    assert long - middle < 3 * (middle - short), (short, middle, long)


def test_this_finds_what_is_not_in_proportion(monkeypatch):
    monkeypatch.setitem(
        CASES, "by number", ("work = lambda text: [text[at] for at in range(len(text))]", "text = 'x' * size")
    )
    short, middle, long = (fuel_of("by number", LENGTH // 4 * times) for times in (1, 2, 4))
    assert long - middle > 3 * (middle - short)
