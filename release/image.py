"""Turns the Linux executables into the container image, one OCI layout for both machines, and proves that it starts.

`python -m release.image` (`nox -s image`) reads dist/, writes dist/image/. What the image is stands here once; the
Dockerfile says the same, and `python -m release.dockerfile` compares the two.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

from release import image_start, oci, oci_reader
from release.archives import compressed
from release.refusal import Refusal
from release.repository import read_tree
from tools import cache
from tools.pins import PinError, read_pins
from tools.running import CannotRun
from tools.targets import read_targets

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
# As podman names what came from a file: no registry has an image of this name.
NAME = "localhost/clawft"
LIMIT_BYTES = 2_000_000
USER = 65532
HOME = "home/weft"
STATE = HOME + "/.clawft"
EXECUTABLE = "usr/bin/weft"
ROOTS = "etc/ssl/certs/ca-certificates.crt"
PASSWD = f"weft:x:{USER}:{USER}:weft:/{HOME}:/nonexistent\n".encode()
GROUP = f"weft:x:{USER}:\n".encode()
# What registries call a machine, by what targets.toml calls it.
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def settings(version: str, commit: str) -> oci.Settings:
    """How a container is started, and what the image says of itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return oci.Settings(
        user=f"{USER}:{USER}",
        entrypoint=(f"/{EXECUTABLE}",),
        environment=(f"HOME=/{HOME}", "PATH=/usr/bin"),
        folder=f"/{HOME}",
        volumes=(f"/{STATE}",),
        labels={
            "org.opencontainers.image.title": project["name"],
            "org.opencontainers.image.description": project["description"],
            "org.opencontainers.image.licenses": project["license"],
            "org.opencontainers.image.source": project["urls"]["Source"],
            "org.opencontainers.image.revision": commit,
            "org.opencontainers.image.version": version,
        },
    )


def entries(executable: bytes, bundle: bytes) -> list[oci.Entry]:
    """Every file of the image: nothing in it can be changed by the user it runs as, but the state, HOME and /tmp."""
    return [
        oci.Entry(EXECUTABLE, 0o755, executable),
        oci.Entry(ROOTS, 0o644, bundle),
        oci.Entry("etc/passwd", 0o644, PASSWD),
        oci.Entry("etc/group", 0o644, GROUP),
        oci.Entry(HOME, 0o700, owner=USER),
        oci.Entry(STATE, 0o700, owner=USER),
        oci.Entry("tmp", 0o1777),
    ]


def layer_name(architecture: str) -> str:
    """The file beside the layout that the Dockerfile unpacks, for one platform."""
    return f"layer-{architecture}.tar.gz"


def file_name(version: str) -> str:
    return f"weft-{version}-image.tar"


def make(
    executables: dict[str, bytes], bundle: bytes, version: str, commit: str, source_date_s: int
) -> dict[str, bytes]:
    """The files of dist/image by name: the layout and each layer. `executables` by architecture. Raises Refusal."""
    platforms = [
        oci.Platform(architecture, oci.layer(entries(content, bundle), source_date_s))
        for architecture, content in sorted(executables.items())
    ]
    whole = oci.layout(platforms, settings(version, commit), NAME, version, source_date_s)
    if len(whole) > LIMIT_BYTES:
        raise Refusal(f"the image has {len(whole):,} bytes; its limit is {LIMIT_BYTES:,}")
    layers = {layer_name(one.architecture): compressed(one.layer) for one in platforms}
    return {file_name(version): whole, **layers}


def read_executables(dist: Path) -> dict[str, bytes]:
    """Every Linux target's, by architecture. Refuses to make an image without one of them."""
    found = {}
    for target in read_targets().values():
        if target.system != "linux":
            continue
        path = target.output(dist)
        if not path.is_file():
            raise Refusal(f"{path} is missing; build it: nox -s build -- --target {target.name}")
        found[ARCHITECTURES[target.machine]] = path.read_bytes()
    return found


def trusted_roots() -> bytes:
    """The pinned certifi's bundle. Raises PinError."""
    read_pins().wheels["certifi"].check()
    import certifi  # noqa: PLC0415 - only the sessions that build install it

    return Path(certifi.where()).read_bytes()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m release.image", description=__doc__)
    parser.add_argument("--version", help="instead of pyproject.toml's")
    parser.add_argument(
        "--no-start", action="store_true", help="do not start it (it is started as root only)"
    )
    asked = parser.parse_args(arguments)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version = asked.version or project["version"]
    try:
        tree = read_tree(ROOT)
        made = make(read_executables(DIST), trusted_roots(), version, tree.commit, tree.source_date_s)
        for name, content in made.items():
            cache.write(DIST / "image" / name, content)
            print(f"dist/image/{name}: {len(content):,} bytes, {oci.digest(content)}")
        platforms = oci_reader.read(DIST / "image" / file_name(version))
        for platform in () if asked.no_start else platforms:
            image_start.start(platform)
            print(f"started: linux/{platform.architecture}, as its user, in its own root")
    except (Refusal, PinError, CannotRun) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
