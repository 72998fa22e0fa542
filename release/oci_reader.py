"""Reads an OCI image layout of ours back and refuses what is not exactly that; what is in a layer is not judged here.

Every blob is held against its digest and size, and every blob is one that something names: nothing travels along.
"""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from release import oci
from release.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path

LAYER_LIMIT_BYTES = 64 * 1024 * 1024


class ReadPlatform(NamedTuple):
    """One platform's part: the configuration, and the layer as a tar."""

    architecture: str
    config: dict[str, Any]
    layer: bytes


def read(path: Path) -> list[ReadPlatform]:
    """Every platform of the layout, in its order. Raises Refusal."""
    files = _files(path)
    unnamed = set(files)
    reader = _Reader(files, unnamed)
    if reader.json(oci.LAYOUT_FILE) != oci.LAYOUT:
        raise Refusal(f"{path.name}: {oci.LAYOUT_FILE} is not {oci.LAYOUT}")
    index = reader.only(reader.json(oci.INDEX_FILE), "manifests")
    try:
        found = [reader.platform(one) for one in reader.described(index, oci.INDEX)["manifests"]]
        tagged = [(one["Config"], *one["Layers"]) for one in json.loads(files.get(oci.DOCKER_FILE, b"[]"))]
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(f"{path.name}: a part of it cannot be read: {error!r}") from error
    unnamed.discard(oci.DOCKER_FILE)
    if oci.DOCKER_FILE in files and tagged != reader.blobs:
        raise Refusal(f"{path.name}: {oci.DOCKER_FILE} names other blobs than {oci.INDEX_FILE}")
    if unnamed:
        raise Refusal(f"{path.name}: nothing names {', '.join(sorted(unnamed))}")
    return found


class _Reader:
    """The files of one layout; takes from `unnamed` what was reached."""

    def __init__(self, files: dict[str, bytes], unnamed: set[str]) -> None:
        self.files = files
        self.unnamed = unnamed
        self.blobs: list[tuple[str, ...]] = []

    def json(self, name: str) -> dict[str, Any]:
        self.unnamed.discard(name)
        try:
            value = json.loads(self.files[name])
        except (KeyError, ValueError) as error:
            raise Refusal(f"{name} is missing or no JSON: {error!r}") from error
        if not isinstance(value, dict):
            raise Refusal(f"{name}: expected an object")
        return value

    def only(self, holder: dict[str, Any], key: str) -> dict[str, Any]:
        """The only element of a list. Refuses more and none."""
        listed = holder.get(key)
        if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
            raise Refusal(f"{key}: expected exactly one object, found {listed!r}")
        return listed[0]

    def blob(self, descriptor: dict[str, Any], kind: str) -> bytes:
        if descriptor.get("mediaType") != kind:
            raise Refusal(f"expected a descriptor of {kind}, found {descriptor.get('mediaType')!r}")
        name = self.path(descriptor)
        data = self.files.get(name)
        if data is None:
            raise Refusal(f"{name} is missing")
        if len(data) != descriptor.get("size") or oci.digest(data) != descriptor["digest"]:
            raise Refusal(f"{name}: size or digest is not what its descriptor says")
        self.unnamed.discard(name)
        return data

    def path(self, descriptor: dict[str, Any]) -> str:
        return "blobs/" + str(descriptor.get("digest")).replace(":", "/")

    def described(self, descriptor: dict[str, Any], kind: str) -> dict[str, Any]:
        value = json.loads(self.blob(descriptor, kind))
        if not isinstance(value, dict):
            raise Refusal(f"{descriptor['digest']}: expected an object")
        return value

    def platform(self, descriptor: dict[str, Any]) -> ReadPlatform:
        manifest = self.described(descriptor, oci.MANIFEST)
        config = self.described(manifest["config"], oci.CONFIG)
        packed = self.only(manifest, "layers")
        layer = _inflated(self.blob(packed, oci.LAYER))
        if config["rootfs"] != {"type": "layers", "diff_ids": [oci.digest(layer)]}:
            raise Refusal(f"{packed['digest']}: its content is not what the configuration says")
        platform = {"architecture": config["architecture"], "os": config["os"]}
        if platform != descriptor["platform"]:
            raise Refusal(f"a manifest is for {descriptor['platform']}, its configuration for {platform}")
        self.blobs.append((self.path(manifest["config"]), self.path(packed)))
        return ReadPlatform(config["architecture"], config, layer)


def _files(path: Path) -> dict[str, bytes]:
    """Plain files by name. Refuses links, names twice, and names that are not ours to write."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                if member.isdir() and member.name in {"blobs", "blobs/sha256"}:
                    continue
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or member.name in found:
                    raise Refusal(f"{path.name}: {member.name} is there twice, or is not a plain file")
                found[member.name] = content.read()
    except (OSError, tarfile.TarError) as error:
        raise Refusal(f"{path.name} is not a readable tar: {error}") from error
    return found


def _inflated(data: bytes) -> bytes:
    """Exactly one gzip member, of bounded size."""
    inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = inflate.decompress(data, LAYER_LIMIT_BYTES)
    except zlib.error as error:
        raise Refusal(f"a layer is not gzip: {error}") from error
    if not inflate.eof or inflate.unused_data:
        raise Refusal("a layer is cut off, too large, or followed by something else")
    return content


def members(layer: bytes) -> list[oci.Entry]:
    """What a layer holds. Refuses what is neither a file nor a folder, and names that lead out of it."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(layer), mode="r:") as archive:
        for member in archive:
            parts = member.name.split("/")
            if not (member.isreg() or member.isdir()) or ".." in parts or "" in parts:
                raise Refusal(
                    f"a layer holds {member.name!r}, which is no plain file or folder below its root"
                )
            content = archive.extractfile(member) if member.isreg() else None
            found.append(oci.Entry(member.name, member.mode, content.read() if content else None, member.uid))
    return found
