"""Turns the names in MicroPython's generated headers and frozen bytecode into tables that find one at once.

The C that searches them is clawft/embedded/patches/0004-name-tables.patch. Reads the text of generated C only; what is
frozen is decided elsewhere.
"""

from __future__ import annotations

import re
from itertools import accumulate

from tools.compiler import BuildError

BUCKETS = 2048
"""A power of two; MICROPY_QSTR_BUCKETS in the patch."""
_BUILT_IN = re.compile(r"QDEF[01]\((MP_QSTR_\w+), (\d+), \d+, ")
_FROZEN_IDENTIFIERS = re.compile(
    r"enum \{\n    (MP_QSTR_\w+) = MP_QSTRnumber_of,\n((?:    MP_QSTR_\w+,\n)*)\};"
)
_FROZEN_HASHES = re.compile(r"mp_qstr_frozen_const_hashes\[\] = \{\n([\d,\s]*)\};")
_FROZEN_LENGTHS = re.compile(r"mp_qstr_frozen_const_lengths\[\] = \{\n([\d,\s]*)\};")
_FROZEN_POOL = re.compile(
    r"(const qstr_pool_t mp_qstr_frozen_const_pool = \{\n(?:    [^{\"\n]*\n)*    \{\n)"
    r'((?:        ".*",\n)+)(    \},\n\};)'
)
_UNKNOWN = "the qstrs of frozen bytecode are not where they were; mpy-tool.py writes them another way now"
_FROZEN_NAMES = re.compile(r"const char mp_frozen_names\[\] = \{\n(.*?)\n\};", re.DOTALL)
# Not a name: what is looked up with no characters never gets as far as the tables.
_EMPTY = "MP_QSTR_"


def with_tables(built_in: str, frozen: str) -> str:
    """The file of frozen bytecode with all tables, `built_in` being qstrdefs.generated.h. Raises BuildError."""
    hashes = {name: int(value) for name, value in _BUILT_IN.findall(built_in) if name != _EMPTY}
    hashes.update(_frozen_hashes(frozen))
    return _with_text_in_one_object(frozen) + _qstr_index(hashes) + _frozen_starts(frozen)


def _with_text_in_one_object(frozen: str) -> str:
    """A pool that points into one array: literals would be spread among those of the whole program."""
    pool, lengths = _FROZEN_POOL.search(frozen), _FROZEN_LENGTHS.search(frozen)
    if pool is None or lengths is None:
        raise BuildError(_UNKNOWN)
    literals = [line.strip().removesuffix(",") for line in pool[2].splitlines()]
    sizes = [int(length) + 1 for length in re.findall(r"\d+", lengths[1])]
    starts = [0, *accumulate(sizes)][:-1]
    text = "".join(f'{literal} "\\0"\n' for literal in literals)
    pointers = "".join(
        f"        mp_qstr_frozen_text + {at},\n" for _, at in zip(literals, starts, strict=True)
    )
    array = f"static const char mp_qstr_frozen_text[] =\n{text};\n"
    return frozen[: pool.start()] + array + pool[1] + pointers + pool[3] + frozen[pool.end() :]


def _frozen_hashes(frozen: str) -> dict[str, int]:
    identifiers, hashes = _FROZEN_IDENTIFIERS.search(frozen), _FROZEN_HASHES.search(frozen)
    if identifiers is None or hashes is None:
        raise BuildError(_UNKNOWN)
    names = [identifiers[1], *re.findall(r"\w+", identifiers[2])]
    return dict(zip(names, map(int, re.findall(r"\d+", hashes[1])), strict=True))


def _qstr_index(hashes: dict[str, int]) -> str:
    buckets: list[list[str]] = [[] for _ in range(BUCKETS)]
    for name, value in hashes.items():
        buckets[value % BUCKETS].append(name)
    starts = [0, *accumulate(len(bucket) for bucket in buckets)]
    names = [name for bucket in buckets for name in bucket]
    return (
        f'_Static_assert(MICROPY_QSTR_BUCKETS == {BUCKETS}, "tools/name_tables.py says so");\n'
        f"const uint16_t mp_qstr_bucket_starts[MICROPY_QSTR_BUCKETS + 1] = {{{_joined(starts)}}};\n"
        f"const qstr_short_t mp_qstr_index[] = {{{_joined(names)}}};\n"
    )


def _frozen_starts(frozen: str) -> str:
    found = _FROZEN_NAMES.search(frozen)
    names = re.findall(r'(?m)^    "(.+)\\0"$', found[1]) if found else []
    if not names or names != sorted(names):
        raise BuildError("names of frozen modules must be sorted: they are found by bisection")
    starts = [0, *accumulate(len(name.encode()) + 1 for name in names)]
    return (
        f"const uint16_t mp_frozen_name_starts[] = {{{_joined(starts[:-1])}}};\n"
        f"const size_t mp_frozen_count = {len(names)};\n"
    )


def _joined(values: list[int] | list[str]) -> str:
    return "\n" + "".join(f"    {value},\n" for value in values)
