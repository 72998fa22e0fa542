"""Each rule of the dialect refuses its planted case, names the line, and lets the allowed twin pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.portable import main, portable_files, refusals

ROOT = Path(__file__).resolve().parents[2]

# What is denied, part of what is said about it, and what is allowed in its place.
RULES = [
    ("match x:\n    case 1:\n        pass", "match", "if x == 1:\n    pass"),
    ("def f(a, /):\n    pass", "positional-only", "def f(a):\n    pass"),
    ("y = {**x}", "{**a}", "y = dict(x)"),
    ("y = [*x, 1]", "[*a]", "y = list(x) + [1]"),
    ("y = (*x, 1)", "[*a]", "y = tuple(x) + (1,)"),
    ("y = {*x, 1}", "[*a]", "y = set(x)"),
    ("def f():\n    return 0, *x", "[*a]", "def f():\n    return f(*x)"),
    ("with (f(x) as a, f(x) as b):\n    pass", "mpy-cross", "with f(x) as a, f(x) as b:\n    pass"),
    ("try:\n    x()\nexcept* ValueError:\n    pass", "except*", "try:\n    x()\nexcept ValueError:\n    pass"),
    ("raise ValueError('a') from x", "raise ... from", "raise ValueError('a')"),
    ("raise ValueError('a') from None", "raise ... from", "raise ValueError('a' + x)"),
    ("class A(B, C):\n    pass", "multiple inheritance", "class A(B):\n    pass"),
    ("class A(metaclass=B):\n    pass", "metaclass", "class A:\n    pass"),
    ("class A:\n    def __init_subclass__(cls): pass", "__init_subclass__", "class A:\n    def __len__(self): pass"),
    ("class A(NamedTuple):\n    pass", "typing base class", "A = namedtuple('A', ('x',))"),
    ("async def f():\n    yield 1", "asynchronous generator", "def f():\n    yield 1"),
    ("async def f():\n    [y async for y in x]", "asynchronous comp", "async def f():\n    async for y in x: pass"),
    ("@x[0]\ndef f():\n    pass", "decorator", "@x.y(1)\ndef f():\n    pass"),
    ("import dataclasses", "import of dataclasses", "import struct"),
    ("import os.path", "import of os.path", "import errno"),
    ("import asyncio", "import of asyncio", "import time"),
    ("import json", "core/compat.py", "from clawft.core.compat import json_text"),
    ("from urllib.parse import quote", "import of urllib.parse", "from binascii import hexlify"),
    ("from . import x", "relative import", "from clawft.core import messages"),
    ("from math import *", "import *", "from math import floor"),
    ("from collections import Counter", "collections.Counter", "from collections import deque"),
    ("from typing import NamedTuple", "typing.NamedTuple", "from typing import TYPE_CHECKING"),
    ("import time\nx = time.monotonic()", "clock.monotonic_s", "import time\nx = time.time()"),
    ("import re\nx = re.findall('a', 'b')", "re.findall", "import re\nx = re.search('a', 'b')"),
    ("import re\nx = re.match('(?P<a>b)', 'b')", "named groups", "import re\nx = re.match('(b)', 'b')"),
    ("import re\nx = re.match('a(?=b)', 'b')", "lookahead", "import re\nx = re.match('a(?:b)', 'b')"),
    ("import re\nx = re.match('(?i)a', 'b')", "flags", "import re\nx = re.match('[aA]', 'b')"),
    ("import re\nx = re.match(r'a\\b', 'b')", "word boundaries", "import re\nx = re.match(r'a\\s', 'b')"),
    ("import re\nx = re.match('a{2,3}', 'b')", "counted repeats", "import re\nx = re.match('aaa?', 'b')"),
    ("import re\nx = re.compile('a', re.I)", "with flags", "import re\nx = re.compile('a')"),
    ("try:\n    x()\nexcept TimeoutError:\n    pass", "OSError and", "try:\n    x()\nexcept OSError:\n    pass"),
    ("y = eval(x)", "eval", "y = int(x)"),
    ("y = open(x)", "open", "y = x.open()"),
    ("y = x.removeprefix('a')", "removeprefix", "y = x[1:] if x.startswith('a') else x"),
    ("y = x.ljust(3)", "ljust", "y = '%-3s' % x"),
    ("y = x.zfill(3)", "zfill", "y = '%03d' % x"),
    ("y = x.title()", "title", "y = x.title"),
    ("y = x.hexdigest()", "hexlify", "y = x.digest()"),
    ("y = x._replace(a=1)", "_replace", "y = x.replace('a', 'b')"),
    ("y = x.__doc__", "__doc__", "y = x.__name__"),
    ("y = x.__cause__", "__cause__", "y = x.args"),
    ("y = x.split(' ', maxsplit=1)", "split() with a keyword", "y = x.split(' ', 1)"),
    ("y = zip(x, x, strict=True)", "zip() with a keyword", "y = zip(x, x)"),
    ("y = sum(x, start=1)", "sum() with a keyword", "y = sum(x, 1)"),
    ("y = int(x, base=2)", "int() with a keyword", "y = int(x, 2)"),
    ("print(x, flush=True)", "flush", "print(x, end='')"),
    ("y = x.decode('utf-8', 'replace')", "decode() with errors", "y = x.decode('utf-8')"),
    ("y = x.decode(errors='replace')", "decode() with a keyword", "y = x.decode()"),
    ("y = str(x, 'utf-8', 'replace')", "str() with errors", "y = str(x, 'utf-8')"),
    ("from collections import deque\ny = deque()", "deque()", "from collections import deque\ny = deque((), 9)"),
    ("y = isinstance(x, int | str)", "isinstance() with A | B", "y = isinstance(x, (int, str))"),
    ("y = x.keys() & x", "set operation on a dict view", "y = set(x) & set(x)"),
    ("y = x.keys() == x", "comparison of a dict view", "y = 1 in x.keys()"),
    ("y = len(x.keys())", "len() of a dict view", "y = len(x)"),
    ("y = x[::-1]", "slice with a step", "y = x[1:2]"),
    ("del x[::2]", "slice with a step", "del x[1:]"),
    ("y = list[int]", "list[...] at run time", "y = x[int]"),
    ("y = x | None", "A | None at run time", "y = x | {'a': 1}"),
    ("y = f'{x!a}'", "{x!a}", "y = f'{x!r}'"),
    ("y = f'{x:_}'", "{n:_}", "y = f'{x:,}'"),
    ("y = '{0.a}'.format(x)", "format() with", "y = '{0:.2f}'.format(x)"),
    ("y = '{' f'{x}'", "f-string beside a literal with braces", "y = 'a' f'{x}'"),
    ("y = x._fields", "_fields", "class A:\n    def f(self):\n        return self._fields"),
    ("from typing import cast\ny = cast(int, x)", "comes from typing", "y = x"),
    ("y = '\\N{BULLET}'", "mpy-cross", "y = '\\u2022'"),
    ("x = (", "does not parse", "x = ()"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("denied", "said", "allowed"), RULES, ids=[rule[0].replace("\n", " ") for rule in RULES]
)
def test_a_rule_refuses_its_case_and_lets_its_twin_pass(denied: str, said: str, allowed: str) -> None:
    header = "x = y = None\n\n"
    found = [str(one) for one in refusals("clawft/core/planted.py", header + denied + "\n")]
    assert found
    assert any(said in one for one in found), found
    assert all(one.startswith("clawft/core/planted.py:") and "; instead: " in one for one in found)
    assert [str(one) for one in refusals("clawft/core/planted.py", header + allowed + "\n")] == []


def test_a_refusal_names_file_line_construct_and_replacement() -> None:
    found = refusals("clawft/core/planted.py", "x = 'a'\ny = x.ljust(3)\n")
    assert [str(one) for one in found] == ["clawft/core/planted.py:2: .ljust(); instead: '%-9s' %"]


def test_asyncio_is_allowed_where_the_event_loop_is_known_and_nowhere_else() -> None:
    assert refusals("clawft/core/bus.py", "import asyncio\n") == []
    assert refusals("clawft/agent/loop.py", "import asyncio\n") == []
    assert len(refusals("clawft/agent/turn.py", "import asyncio\n")) == 1


def test_differences_may_stand_in_the_one_file_for_them() -> None:
    source = "import json\nimport traceback\n\nx = json.dumps({}, ensure_ascii=False)\n"
    assert refusals("clawft/core/compat.py", source) == []
    assert len(refusals("clawft/core/session.py", source)) == 2


def test_a_waiver_needs_a_reason() -> None:
    assert refusals("clawft/core/planted.py", "x = [1][::-1]  # portable: a list\n") == []
    assert len(refusals("clawft/core/planted.py", "x = [1][::-1]  # portable:\n")) == 1


def test_what_only_type_checkers_read_may_be_anything() -> None:
    source = (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import os\n\n    A = list[int] | None\n"
    )
    assert refusals("clawft/core/planted.py", source) == []


def test_annotations_need_the_future_import() -> None:
    function = "def f(a: int) -> None:\n    pass\n"
    assert len(refusals("clawft/core/planted.py", function)) == 1
    assert refusals("clawft/core/planted.py", "from __future__ import annotations\n\n\n" + function) == []


def test_the_portable_set_is_clawft_without_host_and_the_portable_tests() -> None:
    files = portable_files(ROOT)
    assert "clawft/core/errors.py" in files
    assert "tests/portable/test_errors.py" in files
    assert "clawft/embedded/loop.py" in files
    assert not [
        path for path in files if path.startswith(("clawft/host/", "clawft/embedded/manifest", "tools/"))
    ]


def test_only_the_runtime_of_the_executables_may_use_its_c_module() -> None:
    assert refusals("clawft/embedded/planted.py", "import _weft\n") == []
    assert len(refusals("clawft/core/planted.py", "import _weft\n")) == 1


def test_the_command_fails_on_a_refusal_and_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clawft/core/errors.py"]) == 0
    assert capsys.readouterr().out == "1 portable files, 0 refusals\n"
    assert main(["tools/portable.py"]) == 1
    output = capsys.readouterr().out
    assert "import of subprocess; instead: the runtime's processes\n" in output
    assert output.endswith(f"1 portable files, {output.count('; instead: ')} refusals\n")
