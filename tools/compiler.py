"""Turns one source and its flags into an object, once: what was made from the same bytes is taken from the cache.

All paths that the compiler sees are relative to the stage, a folder of links, so that nothing about this machine gets
into an object. Which files an object was made from is what the compiler itself said; its own headers are fixed by
its version. What is compiled, and how, is said elsewhere.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tools import cache
from tools.inspect_binary import inspect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tools.targets import Target

WASM_LINKER = "wasm-ld "
KEPT_VERSIONS = 4
"""So many results of one command are remembered: a branch that comes back costs nothing."""


class BuildError(Exception):
    """A build that cannot go on; the message is for whoever asked for it."""


class Unit(NamedTuple):
    """One C file: its path in the stage, and its flags beside those of the target."""

    source: str
    flags: tuple[str, ...]


class Compiler:
    """The pinned `zig cc`, its cache and the stage."""

    def __init__(self, stage: Path, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        self._digests: dict[str, str] = {}
        self._digests_lock = threading.Lock()
        self._headers: list[str] | None = None
        self.made = 0
        self.zig, self.environment = pinned_zig(folder)
        self.environment["ZIG_LOCAL_CACHE_DIR"] = str(folder / "zig-local")
        # A stray setting of this machine would change what is made.
        for name in (
            "CPATH",
            "C_INCLUDE_PATH",
            "CPLUS_INCLUDE_PATH",
            "LIBRARY_PATH",
            "MACOSX_DEPLOYMENT_TARGET",
        ):
            self.environment.pop(name, None)
        self.environment.update(LC_ALL="C", TZ="UTC", SOURCE_DATE_EPOCH="0", PYTHONDONTWRITEBYTECODE="1")
        self.version = self.output([str(self.zig), "version"]).decode().strip()

    def output(self, command: list[str], cwd: Path | None = None) -> bytes:
        """What a command prints. Raises BuildError with what it said."""
        done = subprocess.run(
            command, cwd=cwd or self._stage, env=self.environment, capture_output=True, check=False
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
            raise BuildError(f"{said}\nin: {shlex.join(command)}")
        if done.stderr:
            print(done.stderr.decode(errors="replace"), end="", flush=True)
        return done.stdout

    def object(self, unit: Unit, target: Target) -> Path:
        """The object of a unit for a target, compiled unless there is one."""
        return self.known_object(unit, target) or self._compile(unit, target)

    def known_object(self, unit: Unit, target: Target) -> Path | None:
        """The object of a unit for a target, None if it must be compiled."""
        return self._known(self._object_key(unit, target))

    def older_object(self, unit: Unit, target: Target) -> Path | None:
        """The last object that this unit gave, from files that have changed since; None if there never was one."""
        key = self._object_key(unit, target)
        made = [self._notes(key).with_name(entry["made"]) for entry in self._entries(key)]
        return next((path for path in made if path.is_file()), None)

    def _object_key(self, unit: Unit, target: Target) -> str:
        return cache.digest(
            "object 1", self.version, target.zig, *target.compile_flags, "", *unit.flags, unit.source
        )

    def _compile(self, unit: Unit, target: Target) -> Path:
        def make(written: Path) -> Iterable[str]:
            with cache.replacing(written.with_suffix(".d")) as needs:
                arguments = ["-target", target.zig, *target.compile_flags, *unit.flags]
                command = [*arguments, "-MD", "-MF", str(needs), "-c", unit.source, "-o", str(written)]
                self.output([str(self.zig), "cc", *command])
                return list(_needed(needs.read_text("utf-8")))

        return self._make(self._object_key(unit, target), ".o", make)

    def preprocessed(self, unit: Unit, zig_target: str, extract: Callable[[str], str]) -> str:
        """What `extract` finds in the preprocessed source; `extract` must be named by the unit's flags."""
        arguments = ["-target", zig_target, *unit.flags]
        key = cache.digest("extract 1", self.version, *arguments, unit.source)

        def make(written: Path) -> Iterable[str]:
            text = self.output([str(self.zig), "cc", *arguments, "-E", unit.source]).decode()
            written.write_text(extract(text), "utf-8", newline="\n")
            return {line.split('"')[1] for line in text.splitlines() if line.startswith("# ") and '"' in line}

        return (self._known(key) or self._make(key, ".txt", make)).read_text("utf-8")

    def link(self, objects: list[Path], target: Target, flags: tuple[str, ...], written: Path) -> None:
        """The executable, at once or not at all; taken from the cache if these objects were linked before."""
        arguments = ["-target", target.zig, *target.link_flags, *flags]
        if target.layout:
            arguments.append(f"-Wl,-T,port/{target.layout}")
        made_from = [*self.layout_digests(target), *(self._digest_of(path) for path in objects)]
        key = cache.digest("link 2", self.version, *arguments, *made_from)
        kept = self._folder / "linked" / f"{key}{target.suffix}"
        if not kept.is_file():
            self.made += 1
            links = self._stage / f"link-{key[:16]}"
            links.mkdir()
            # Short relative names, the same everywhere: a linker may write them down.
            names = []
            for number, path in enumerate(objects):
                name = f"{links.name}/{number:04}{path.suffix}"
                (self._stage / name).symlink_to(path)
                names.append(name)
            with cache.replacing(kept) as linked:
                output = linked.with_suffix(target.suffix or ".out")
                try:
                    self.output([str(self.zig), "cc", *arguments, *names, "-o", str(output)])
                    output.replace(linked)
                finally:
                    for leftover in (output, output.with_suffix(".pdb"), output.with_suffix(".lib")):
                        leftover.unlink(missing_ok=True)
        data = kept.read_bytes()
        if not written.is_file() or written.read_bytes() != data:
            with cache.replacing(written) as output:
                output.write_bytes(data)
                output.chmod(0o755)

    def link_with_relocations(self, objects: list[Path], target: Target, written: Path) -> None:
        """The same module as `link` makes for WebAssembly, with its symbols and what points to them. Raises BuildError.

        zig has no word for that; its linker, asked in zig's own words, has.
        """
        links = self._stage / "link-with-relocations"
        links.mkdir()
        names = []
        for number, path in enumerate(objects):
            names.append(f"{links.name}/{number:04}{path.suffix}")
            (self._stage / names[-1]).symlink_to(path)
        command = [str(self.zig), "cc", "-target", target.zig, *target.link_flags, *names]
        done = subprocess.run(
            [*command, "-o", f"{links.name}/out.wasm"],
            cwd=self._stage,
            env={**self.environment, "ZIG_VERBOSE_LINK": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        said = next((line for line in done.stderr.splitlines() if line.startswith(WASM_LINKER)), "")
        if done.returncode or not said:
            raise BuildError(f"{done.stderr.strip()}\nin: {shlex.join(command)}")
        with cache.replacing(written) as output:
            self.output([str(self.zig), *said.split(), "--emit-relocs", "-o", str(output)])

    def inspect(self, written: Path, target: Target) -> None:
        """Raises Refused if a linked file is not what its target promises."""
        inspect(written, target)

    def layout_digests(self, target: Target) -> list[str]:
        """Of the linker's script and of those that it may include; none where the linker decides."""
        scripts = (self._stage / "port").glob("*.ld") if target.layout else ()
        return [f"{path.name} {self._digest_of(path)}" for path in sorted(scripts)]

    def _notes(self, key: str) -> Path:
        return self._folder / "objects" / key[:2] / f"{key}.json"

    def _entries(self, key: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = json.loads(self._notes(key).read_bytes())
        except (OSError, ValueError):
            return []
        return found

    def _known(self, key: str) -> Path | None:
        """What was made by this key from files as they are now."""
        headers = set(self._port_headers())
        for entry in self._entries(key):
            made = self._notes(key).with_name(entry["made"])
            new = headers - set(entry["headers"])
            if made.is_file() and not new & set(entry["names"]) and self._is_unchanged(entry["files"]):
                return made
        return None

    def _make(self, key: str, suffix: str, make: Callable[[Path], Iterable[str]]) -> Path:
        notes = self._notes(key)
        notes.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".making-", suffix=suffix, dir=notes.parent)
        os.close(handle)
        written = Path(name)
        try:
            needed = {name for name in make(written) if not name.startswith("<")}
            # The compiler's own headers are absolute paths, and fixed by its version.
            files = {name: self._digest(name) for name in sorted(needed) if not Path(name).is_absolute()}
            made = notes.with_name(cache.digest(key, *files.values())[:40] + suffix)
            written.replace(made)
        finally:
            written.unlink(missing_ok=True)
        self.made += 1
        names = sorted({Path(name).name for name in needed})
        entry = {"made": made.name, "files": files, "names": names, "headers": self._port_headers()}
        others = [other for other in self._entries(key) if other["made"] != made.name]
        cache.write(notes, json.dumps([entry, *others][:KEPT_VERSIONS]))
        return made

    def _port_headers(self) -> list[str]:
        """Names of our own headers: a new one may hide another that an object was made from."""
        if self._headers is None:
            self._headers = sorted({path.name for path in (self._stage / "port").resolve().rglob("*.h")})
        return self._headers

    def _is_unchanged(self, files: dict[str, str]) -> bool:
        try:
            return all(self._digest(name) == known for name, known in files.items())
        except OSError:
            return False

    def _digest(self, name: str) -> str:
        return self._digest_of(self._stage / name, name)

    def _digest_of(self, path: Path, name: str | None = None) -> str:
        known = self._digests.get(name or str(path))
        if known is None:
            known = cache.file_digest(path)
            with self._digests_lock:
                self._digests[name or str(path)] = known
        return known


def pinned_zig(folder: Path) -> tuple[Path, dict[str, str]]:
    """The compiler, and the environment in which it keeps what it makes in a folder. Raises BuildError."""
    try:
        import ziglang  # noqa: PLC0415 - 90 MB that only the build installs
    except ImportError:
        raise BuildError(
            "the compiler is missing: install the dependency group `cross`, or run `nox -s build`"
        ) from None
    environment = dict(os.environ)
    shared = environment.setdefault("ZIG_GLOBAL_CACHE_DIR", str(folder / "zig"))
    place = settled(Path(ziglang.__file__).parent, Path(shared) / f"compiler-{metadata.version('ziglang')}")
    return place / ("zig.exe" if os.name == "nt" else "zig"), environment


def zig_cc(target: str, *arguments: str, cwd: Path | None = None) -> None:
    """Compile something small that is no part of a build. Raises BuildError, or CalledProcessError."""
    zig, environment = pinned_zig(cache.cache_folder())
    subprocess.run([str(zig), "cc", "-target", target, *arguments], cwd=cwd, env=environment, check=True)


def settled(wheel: Path, place: Path) -> Path:
    """The compiler where it stays, for all environments that have it: linked there, or copied, by the first one.

    It knows what it made of its C library by the path of its sources: from a new place it would compile all of that
    anew, which takes minutes a target.
    """
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".compiler-", dir=place.parent) as folder:
            made = Path(folder, place.name)
            shutil.copytree(wheel, made, copy_function=_link, ignore=shutil.ignore_patterns("__pycache__"))
            try:
                made.rename(place)
            except OSError:
                if not place.is_dir():  # another build may have made the same
                    raise
    return place


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def _needed(text: str) -> Iterator[str]:
    """The files that a make rule names after its target."""
    joined = text.replace("\\\n", " ").partition(": ")[2].replace("\\ ", "\0")
    for word in joined.split():
        yield word.replace("\0", " ")
