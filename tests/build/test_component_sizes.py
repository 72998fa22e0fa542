"""What each component takes of an executable, counted on a small one that is made here."""

from __future__ import annotations

import pytest

from tools.compiler import zig_cc
from tools.component_sizes import LIBRARY, TABLES, UNNAMED, component_sizes, read

TARGET = "x86_64-linux-musl"
OURS = """
const char table[5000] = {1};
static const char hidden[3000] = {2};
int theirs(int);
int main(int count, char **words) { (void)words; return table[count] + hidden[count] + theirs(count); }
"""
# The same name of a file and of a local symbol as in the other folder.
THEIRS = """
static const short hidden[4000] = {3};
const char unused[70000] = {4};
int theirs(int at) { return hidden[at]; }
"""


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """The executable and its objects."""
    folder = tmp_path_factory.mktemp("components")
    objects = []
    for component, text in (("ours", OURS), ("theirs", THEIRS)):
        (folder / component).mkdir()
        (folder / component / "same.c").write_text(text)
        path = folder / component / "same.o"
        flags = ["-Os", "-ffunction-sections", "-fdata-sections", "-fno-sanitize=undefined"]
        zig_cc(TARGET, *flags, "-c", str(path.with_suffix(".c")), "-o", str(path))
        objects.append((component, path))
    names = (str(path) for _, path in objects)
    zig_cc(TARGET, "-static", "-Wl,--gc-sections", "-o", "linked", *names, cwd=folder)
    return (folder / "linked").read_bytes(), [(component, path.read_bytes()) for component, path in objects]


def test_each_component_has_its_tables_and_functions_and_nothing_that_was_dropped(linked):
    sizes = component_sizes(*linked)
    assert 8000 <= sizes["ours"] < 8200
    assert 8000 <= sizes["theirs"] < 8100
    assert sizes[LIBRARY] > 1000


def test_the_sum_is_what_the_loaded_sections_hold(linked):
    sections, _ = read(linked[0])
    loaded = sum(section.size for section in sections if section.is_allocated)
    sizes = component_sizes(*linked)
    assert sum(sizes.values()) == loaded
    assert {UNNAMED, TABLES} <= set(sizes)


def test_what_is_no_elf_file_is_refused():
    with pytest.raises(ValueError, match="not a 64-bit"):
        read(b"MZ" + bytes(100))
