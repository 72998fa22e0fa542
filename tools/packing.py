"""Turns frozen bytecode as C and compiled modules into C that has those modules too, deflated.

The C that inflates them at their import is clawft/embedded/port/weft_packed.c. Which modules that are is said by
clawft/embedded/manifest.py.
"""

from __future__ import annotations

import re
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING

from tools import cache
from tools.compiler import BuildError

if TYPE_CHECKING:
    from pathlib import Path

_SIZE_BYTES = 3
_ZLIB_HEADER_BYTES, _ZLIB_CHECKSUM_BYTES = 2, 4
_LINE_BYTES = 24
_NAMES = re.compile(
    r"(const char mp_frozen_names\[\] = \{\n(?:    #.*\n|    MP_FROZEN_STR_NAMES\n)*)((?:    \".+\\0\"\n)*)"
)
_CONTENT = re.compile(
    r"const mp_frozen_module_t \*const mp_frozen_mpy_content\[\] = \{\n((?:    &\w+,\n)*)\};\n"
)


def packed(module: Path, folder: Path) -> bytes:
    """A compiled module as the executable carries it: its size, low byte first, and the .mpy file deflated.

    By zopfli: a twentieth smaller than zlib's best, and the same bytes on every machine, which zlib's are not.
    """
    import zopfli.zlib  # noqa: PLC0415 - only the cross-build installs it

    code = module.read_bytes()
    made = folder / f"{cache.digest('packed 1', zopfli.__version__, code)[:40]}.deflated"
    if not made.is_file():
        deflated = zopfli.zlib.compress(code)[_ZLIB_HEADER_BYTES:-_ZLIB_CHECKSUM_BYTES]
        if zlib.decompress(deflated, wbits=-zlib.MAX_WBITS) != code:
            raise BuildError(f"{module}: zopfli lost something of it")
        folder.mkdir(parents=True, exist_ok=True)
        with cache.replacing(made) as written:
            written.write_bytes(len(code).to_bytes(_SIZE_BYTES, "little") + deflated)
    return made.read_bytes()


def with_packed(frozen: str, modules: dict[str, bytes]) -> str:
    """The C of frozen modules, with packed ones by name among them, all sorted by name. Raises BuildError."""
    names, content = _NAMES.search(frozen), _CONTENT.search(frozen)
    if names is None or content is None:
        raise BuildError(
            "the table of frozen modules is not where it was; mpy-tool.py writes it another way now"
        )
    pointers = [line.strip().removesuffix(",") for line in content[1].splitlines()]
    rows = dict(zip(re.findall(r'"(.+)\\0"', names[2]), pointers, strict=True))
    ends = accumulate(len(data) for data in modules.values())
    rows.update(
        (name, f"mp_packed_bytes + {end - len(data)}")
        for (name, data), end in zip(modules.items(), ends, strict=True)
    )
    rows = dict(sorted(rows.items()))
    array = "".join(f'    "{name}\\0"\n' for name in rows)
    table = "".join(f"    {pointer},\n" for pointer in rows.values())
    blob = b"".join(modules.values())
    lines = (blob[at : at + _LINE_BYTES] for at in range(0, len(blob), _LINE_BYTES))
    found = (
        "const byte mp_packed_bytes[] = {\n"
        + "".join(f"    {','.join(map(str, line))},\n" for line in lines)
        + f"    0,\n}};\nconst size_t mp_packed_size = {len(blob)};\n\n"
        + f"const void *const mp_frozen_mpy_content[] = {{\n{table}}};\n"
    )
    frozen = frozen[: content.start()] + found + frozen[content.end() :]
    return frozen[: names.start()] + names[1] + array + frozen[names.end() :]
