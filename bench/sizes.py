"""Turns built files into exact figures: bytes, compressed bytes, bytes by section and by group of symbols, imports.

`python -m bench.sizes` writes dist/size.json for what is in dist/. A file that cannot be read is missing, not zero.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.readings import Found
from tools import (
    binary_elf,
    binary_macho,
    binary_pe,
    binary_wasm,
    cache,
    wasm_component,
    wasm_module,
    wasm_profile_record,
)
from tools.binary import HEADERS, Binary, Malformed
from tools.crossbuild import WITH_SYMBOLS
from tools.targets import read_targets

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
SIZE_JSON = "size.json"
BUILD_JSON = "build.json"
SCENARIO = "file"
WASM = "WebAssembly"
FORMATS = {
    binary_elf.MAGIC: binary_elf.read,
    binary_pe.MAGIC: binary_pe.read,
    binary_macho.MAGIC: binary_macho.read,
    binary_wasm.MAGIC: binary_wasm.read,
}
GZIP_LEVEL, BROTLI_QUALITY, ZSTD_LEVEL = 9, 11, 19
COMPRESSIONS = ("gzip", "brotli", "zstd")
# By how names of symbols begin, in this order; a platform may put underscores before them.
GROUPS = (
    (
        "the agent, frozen",
        ("fun_data_", "const_", "children_", "proto_fun_", "raw_code_", "frozen_", "mp_frozen_"),
    ),
    ("names of Python", ("mp_qstr_",)),
    ("MicroPython", ("mp_", "gc_", "mod_", "vfs_", "mpz_", "compiler_")),
    ("libcurl", ("Curl_", "curl_", "curlx_", "cf_", "cr_", "cw_")),
    ("mbedTLS", ("mbedtls_", "psa_", "ssl_", "ecp_", "rsa_")),
    ("trusted roots", ("weft_roots_embedded",)),
    ("our C", ("weft_",)),
)
OTHERS = "others"
UNNAMED = "without a name"
SAME_PERCENT = 1.0
"""By so much the loaded sections of the file with symbols may differ: its linker pads differently."""


def read(data: bytes) -> Binary:
    """An executable of any format. Raises Malformed."""
    for magic, reader in FORMATS.items():
        if data.startswith(magic):
            return reader(data)
    raise Malformed(
        f"neither ELF, PE, Mach-O nor WebAssembly: it begins with {data[:8].hex(' ') or 'nothing'}"
    )


def section_bytes(found: Binary, size_bytes: int) -> dict[str, int]:
    """Bytes in the file by section, and what is between them: the sum is the file's. Sections of zeros are left out."""
    sizes: dict[str, int] = {}
    for section in found.sections:
        if section.file_bytes:
            sizes[section.name] = sizes.get(section.name, 0) + section.file_bytes
    return {**sizes, HEADERS: size_bytes - sum(sizes.values())}


def group_bytes(found: Binary) -> dict[str, int]:
    """Bytes in the file by group of symbols, every group each time; empty if the file kept no symbols.

    What is loaded and has no symbol (merged literals, padding) is a group as well.
    """
    if not found.symbols:
        return {}
    sizes = dict.fromkeys([*(name for name, _ in GROUPS), OTHERS, UNNAMED], 0)
    for symbol in found.symbols:
        name = symbol.name.lstrip("_.")
        sizes[next((group for group, starts in GROUPS if name.startswith(starts)), OTHERS)] += (
            symbol.size_bytes
        )
    sizes[UNNAMED] = max(0, _loaded(found) - sum(sizes.values()))
    return sizes


def _loaded(found: Binary) -> int:
    return sum(min(s.file_bytes, s.memory_bytes) for s in found.sections if s.name != "__LINKEDIT")


def compressed_bytes(data: bytes) -> dict[str, int]:
    """What the file takes when packed as hard as each format can; kept by its digest, since brotli takes seconds."""
    import brotli  # noqa: PLC0415 - only measuring installs them
    import zstandard  # noqa: PLC0415

    versions = [metadata.version("brotli"), metadata.version("zstandard"), sys.version]
    kept = cache.cache_folder() / "compressed" / f"{cache.digest('compressed 1', *versions, data)}.json"
    if not kept.is_file():
        sizes = {
            "gzip": len(gzip.compress(data, GZIP_LEVEL, mtime=0)),
            "brotli": len(brotli.compress(data, quality=BROTLI_QUALITY)),
            "zstd": len(zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(data)),
        }
        cache.write(kept, json.dumps(sizes))
    found: dict[str, int] = json.loads(kept.read_bytes())
    return found


def measure_file(artifact: str, path: Path, *, is_executable: bool = True) -> Found:
    """All exact figures of one file. `weft-with-symbols` beside it, if it is there, says what its symbols take."""
    found = Found()
    try:
        data = path.read_bytes()
        binary = read(data) if is_executable else None
    except (OSError, Malformed) as error:
        found.lack(artifact, SCENARIO, "*", f"{path.name}: {error}")
        return found
    if not data:
        found.lack(artifact, SCENARIO, "*", f"{path} is empty")
        return found
    found.add(artifact, SCENARIO, "bytes", "exact", [len(data)])
    for name, size in compressed_bytes(data).items():
        found.add(artifact, SCENARIO, f"{name}_bytes", "exact", [size])
    if binary is None:
        return found
    for name, size in section_bytes(binary, len(data)).items():
        found.add(artifact, SCENARIO, f"section_bytes:{name}", "exact", [size])
    if binary.format == WASM:
        _measure_wasm(found, artifact, path, data, binary)
        return found
    found.add(artifact, SCENARIO, "dynamic_symbols", "exact", [len(binary.imports)])
    with_symbols = path.with_name(WITH_SYMBOLS)
    if with_symbols.is_file():
        try:
            groups = group_bytes(_same(binary, read(with_symbols.read_bytes())))
        except Malformed as error:
            found.lack(artifact, SCENARIO, "symbol_bytes:*", f"{with_symbols.name}: {error}")
        else:
            for name, size in groups.items():
                found.add(artifact, SCENARIO, f"symbol_bytes:{name}", "exact", [size])
    return found


def _measure_wasm(found: Found, artifact: str, path: Path, data: bytes, binary: Binary) -> None:
    """What only modules and components have: what they ask of a host and give it, what is in them, and whose it is."""
    found.add(artifact, SCENARIO, "imports", "exact", [len(binary.imports)])
    if wasm_module.is_component(data):
        component = wasm_component.read(data)
        found.add(artifact, SCENARIO, "core_bytes", "exact", [component.role_bytes("core")])
        found.add(artifact, SCENARIO, "adapter_bytes", "exact", [component.role_bytes("adapter")])
        return
    found.add(artifact, SCENARIO, "exports", "exact", [len(binary.exports)])
    kept = path.with_suffix(wasm_profile_record.SUFFIX)
    if not kept.is_file():
        return
    try:
        profile = wasm_profile_record.read(kept)
    except wasm_profile_record.BadProfile as error:
        found.lack(artifact, SCENARIO, "symbol_bytes:*", str(error))
        return
    if profile.sha256 != hashlib.sha256(data).hexdigest():
        why = f"{kept.name} is of another build; run nox -s wasm -- --profile"
        found.lack(artifact, SCENARIO, "symbol_bytes:*", why)
        return
    for name, size in profile.components.items():
        found.add(artifact, SCENARIO, f"symbol_bytes:{name}", "exact", [size])


def _same(binary: Binary, with_symbols: Binary) -> Binary:
    """The second one, if it is the same program as the first. Malformed otherwise: another build left it there."""
    first, second = _loaded(binary), _loaded(with_symbols)
    # Windows' linker drops less when it keeps names; it keeps none in the file, so nothing is said of it.
    if with_symbols.symbols and abs(first - second) > first * SAME_PERCENT / 100:
        raise Malformed(
            f"loads {second} bytes and the executable {first}: it is of another build; "
            "run python -m tools.crossbuild --symbols"
        )
    return with_symbols


def measure_dist(dist: Path = DIST) -> dict[str, Found]:
    """Every executable in dist/ by its artifact's name. One that is not there has no entry: limits say what must be."""
    files = {name: target.output(dist) for name, target in read_targets().items()}
    files |= wasm_files(dist)
    present = {name: path for name, path in files.items() if path.is_file()}
    # The compressions let go of the interpreter's lock.
    with ThreadPoolExecutor() as pool:
        return dict(zip(present, pool.map(measure_file, present, present.values()), strict=True))


def wasm_files(dist: Path) -> dict[str, Path]:
    """The WebAssembly files in dist/ by their artifacts' names."""
    return {f"wasm-{path.stem}": path for path in sorted(dist.glob("wasm/*.wasm"))}


def document(measured: dict[str, Found], build_json: Path) -> dict[str, Any]:
    """What size.json holds: all figures by artifact and metric, and what each component takes where the build says."""
    artifacts: dict[str, Any] = {}
    components = _components(build_json)
    for name, found in measured.items():
        artifacts[name] = {
            "figures": {reading.metric: int(reading.value) for reading in found.readings},
            "components": components.get(name, {}),
            "missing": [str(missing) for missing in found.missing],
        }
    return {"schema": 1, "artifacts": artifacts}


def _components(build_json: Path) -> dict[str, dict[str, int]]:
    try:
        entries = json.loads(build_json.read_bytes())["targets"]
    except FileNotFoundError:
        return {}
    return {entry["target"]: entry.get("component_bytes", {}) for entry in entries}


def write_size_json(dist: Path = DIST) -> dict[str, Found]:
    """dist/size.json, at once or not at all; gives what it was made from."""
    measured = measure_dist(dist)
    cache.write(dist / SIZE_JSON, json.dumps(document(measured, dist / BUILD_JSON), indent=1) + "\n")
    return measured


def main() -> int:
    measured = write_size_json()
    for artifact, found in measured.items():
        figures = {reading.metric: int(reading.value) for reading in found.readings}
        sizes = ", ".join(
            f"{figures[f'{name}_bytes']:,} {name}" for name in COMPRESSIONS if f"{name}_bytes" in figures
        )
        print(f"{artifact}: {figures.get('bytes', 0):,} bytes, {sizes}")
        for missing in found.missing:
            print(f"missing: {missing}")
    print(DIST / SIZE_JSON)
    return 1 if not measured or any(found.missing for found in measured.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
