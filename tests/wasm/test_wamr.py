"""The module in WAMR, compiled beforehand by `wamrc`: what of the language runs there, and what is known not to."""

from __future__ import annotations

import subprocess

import pytest

from tests.wasm import wamr

SCRIPTS = {
    "text": ("print('é' * 3)", "ééé"),
    "floats": ("print(1 / 2)", "0.5"),
    "long integers": ("print(7 ** 60)", str(7**60)),
    "sorting": ("print(sorted([3, 1, 2], key=lambda number: -number))", "[3, 2, 1]"),
    "generators": ("print(sum(number for number in range(9)))", "36"),
    "dicts": ("print(list({str(number): number for number in range(20)})[-1])", "19"),
    "json": ("import json\nprint(json.loads(json.dumps({'a': [1, None]})))", "{'a': [1, None]}"),
    "collections": (
        "import gc\nfor _ in range(99):\n    x = [str(_)] * 99\n    gc.collect()\nprint(x[0])",
        "98",
    ),
    "exceptions": ("try:\n    int('x')\nexcept ValueError:\n    print('caught')", "caught"),
    "coroutines": (
        "async def f():\n    return 1\ntry:\n    f().send(None)\nexcept StopIteration as e:\n    print(e.value)",
        "1",
    ),
}
# See test_wamr_portable.py.
EXPECTED = {"exceptions", "coroutines"}


@pytest.fixture(scope="module")
def machine_code(tmp_path_factory):
    return wamr.compiled(tmp_path_factory.mktemp("wamr"))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=pytest.mark.xfail(strict=True, reason="WasmTrap") if name in EXPECTED else ()
        )
        for name in SCRIPTS
    ],
)
def test_a_script_runs(machine_code, tmp_path, name):
    script, expected = SCRIPTS[name]
    (tmp_path / "script.py").write_text(script, "utf-8")
    command = [
        wamr.wamr("wamr"),
        "run",
        "--map-dir",
        f"{tmp_path}::/tmp",
        str(machine_code),
        "/tmp/script.py",
    ]
    done = subprocess.run(command, capture_output=True, check=False, timeout=wamr.LIMIT_S)
    assert (done.returncode, done.stdout.decode().strip()) == (0, expected), done.stderr.decode()


def test_so_many_are_expected_to_fail():
    assert len(EXPECTED) == 2
    assert set(SCRIPTS) >= EXPECTED
