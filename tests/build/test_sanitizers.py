"""The tests of the executables once more, with our own C files watched by AddressSanitizer and UBSan."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.build import sanitized
from tests.programs import program
from tools.targets import host_target

NATIVE = Path(__file__).parents[1] / "native"
FILES = (
    "language",
    "vectors",
    "processes",
    "robustness",
    "terminal_input",
    "http",
    "sockets",
    "websocket",
    "certificates",
)
# AddressSanitizer takes terabytes of addresses and bigger frames than a small stack has room for.
NOT_WATCHED = "not limit_on_memory and not small_stack"


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    if not sys.platform.startswith("linux"):
        pytest.skip("the sanitizers are those of gcc on Linux")
    program("gcc")
    return sanitized.build(tmp_path_factory.mktemp("watched"))


@pytest.mark.parametrize("name", FILES)
def test_no_sanitizer_finds_anything(watched, name):
    """A finding ends the process with a report, which fails the test that it happens in."""
    words = ["-q", "--no-header", "-p", "no:cacheprovider", "-k", NOT_WATCHED]
    words += ["--target", host_target().name, "--test-build", str(watched)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(NATIVE / f"test_{name}.py")],
        cwd=NATIVE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("fault", "report"),
    [
        ("char *text = malloc(8); free(text); return text[count]", "heap-use-after-free"),
        ("volatile int big = 2147483647; return (big + count) & 1", "signed integer overflow"),
    ],
)
def test_a_fault_would_be_found(watched, tmp_path, fault, report):
    """The same flags on a file with a fault end it: what finds nothing above is not blind."""
    source = tmp_path / "fault.c"
    source.write_text(
        f"#include <stdlib.h>\nint main(int count, char **words) {{ (void)words; {fault}; }}\n", "utf-8"
    )
    faulty = tmp_path / "fault"
    subprocess.run(["gcc", "-O1", "-w", *sanitized.WATCHED, str(source), "-o", str(faulty)], check=True)
    done = subprocess.run([str(faulty)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert report in done.stderr
    assert b"__asan_report_load" in watched.read_bytes()
