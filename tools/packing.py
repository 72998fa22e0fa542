"""Turns frozen bytecode as C and compiled modules into C that has those modules too, deflated.

The C that inflates them at their import is clawft/embedded/port/weft_packed.c. Which modules that are is said by
clawft/embedded/manifest.py.
"""

from __future__ import annotations

import re
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from tools import cache
from tools.compiler import BuildError

if TYPE_CHECKING:
    from pathlib import Path

_SIZE_BYTES = 3
_ROW_BYTES = 3 * _SIZE_BYTES
_ZLIB_HEADER_BYTES, _ZLIB_CHECKSUM_BYTES = 2, 4
_LINE_BYTES = 24
_NAMES = re.compile(
    r"(const char mp_frozen_names\[\] = \{\n(?:    #.*\n|    MP_FROZEN_STR_NAMES\n)*)((?:    \".+\\0\"\n)*)"
)
_CONTENT = re.compile(
    r"const mp_frozen_module_t \*const mp_frozen_mpy_content\[\] = \{\n((?:    &\w+,\n)*)\};\n"
)


class Block(NamedTuple):
    """Modules that are inflated together: their names and sizes in order, and the bytes that stand for them all."""

    sizes: dict[str, int]
    data: bytes


def packed(modules: dict[str, Path], folder: Path) -> Block:
    """Compiled modules as the executable carries them: their size, low byte first, and the .mpy files deflated.

    By zopfli: a twentieth smaller than zlib's best, and the same bytes on every machine, which zlib's are not.
    """
    import zopfli.zlib  # noqa: PLC0415 - only the cross-build installs it

    codes = {name: path.read_bytes() for name, path in modules.items()}
    whole = b"".join(codes.values())
    made = folder / f"{cache.digest('packed 1', zopfli.__version__, whole)[:40]}.deflated"
    if not made.is_file():
        deflated = zopfli.zlib.compress(whole)[_ZLIB_HEADER_BYTES:-_ZLIB_CHECKSUM_BYTES]
        if zlib.decompress(deflated, wbits=-zlib.MAX_WBITS) != whole:
            raise BuildError(f"{', '.join(modules)}: zopfli lost something of it")
        folder.mkdir(parents=True, exist_ok=True)
        with cache.replacing(made) as written:
            written.write_bytes(_number(len(whole)) + deflated)
    return Block({name: len(code) for name, code in codes.items()}, made.read_bytes())


def shares(block: Block, modules: dict[str, Path]) -> dict[str, int]:
    """Of a block's bytes and its rows, how many are each module's, as they would be deflated by themselves."""
    alone = [len(zlib.compress(path.read_bytes(), 9)) for path in modules.values()]
    ends = [round(len(block.data) * part / sum(alone)) for part in accumulate(alone, initial=0)]
    return {name: end - start + _ROW_BYTES for name, start, end in zip(modules, ends, ends[1:], strict=False)}


def _number(value: int) -> bytes:
    return value.to_bytes(_SIZE_BYTES, "little")


def _laid_out(blocks: list[Block]) -> tuple[bytes, dict[str, int]]:
    """All blocks with the rows of their modules behind them, and where each module's row is."""
    rows: dict[str, bytes] = {}
    begins = 0
    for block in blocks:
        starts = accumulate(block.sizes.values(), initial=0)
        for (name, size), start in zip(block.sizes.items(), starts, strict=False):
            rows[name] = _number(begins) + _number(start) + _number(size)
        begins += len(block.data)
    places = {name: begins + index * _ROW_BYTES for index, name in enumerate(rows)}
    return b"".join([*(block.data for block in blocks), *rows.values()]), places


def with_packed(frozen: str, blocks: list[Block]) -> str:
    """The C of frozen modules, with packed ones by name among them, all sorted by name. Raises BuildError."""
    names, content = _NAMES.search(frozen), _CONTENT.search(frozen)
    if names is None or content is None:
        raise BuildError(
            "the table of frozen modules is not where it was; mpy-tool.py writes it another way now"
        )
    pointers = [line.strip().removesuffix(",") for line in content[1].splitlines()]
    rows = dict(zip(re.findall(r'"(.+)\\0"', names[2]), pointers, strict=True))
    blob, places = _laid_out(blocks)
    rows.update((name, f"mp_packed_bytes + {place}") for name, place in places.items())
    rows = dict(sorted(rows.items()))
    array = "".join(f'    "{name}\\0"\n' for name in rows)
    table = "".join(f"    {pointer},\n" for pointer in rows.values())
    lines = (blob[at : at + _LINE_BYTES] for at in range(0, len(blob), _LINE_BYTES))
    found = (
        "const byte mp_packed_bytes[] = {\n"
        + "".join(f"    {','.join(map(str, line))},\n" for line in lines)
        + f"    0,\n}};\nconst size_t mp_packed_size = {len(blob)};\n\n"
        + f"const void *const mp_frozen_mpy_content[] = {{\n{table}}};\n"
    )
    frozen = frozen[: content.start()] + found + frozen[content.end() :]
    return frozen[: names.start()] + names[1] + array + frozen[names.end() :]
