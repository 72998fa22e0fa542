"""Turns files into an OCI image layout, as one tar whose bytes follow from its contents alone. Reads nothing back.

One image for several platforms: `index.json` names an image index, that a manifest for each platform. `manifest.json`
says the same to a `docker load` without containerd's image store, which knows one platform a name.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from release.archives import compressed

if TYPE_CHECKING:
    from collections.abc import Sequence

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYOUT_FILE = "oci-layout"
INDEX_FILE = "index.json"
DOCKER_FILE = "manifest.json"
LAYOUT = {"imageLayoutVersion": "1.0.0"}
REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"


class Entry(NamedTuple):
    """One file or folder (content None) of a layer, by its path without a leading slash."""

    path: str
    mode: int
    content: bytes | None = None
    owner: int = 0


class Platform(NamedTuple):
    """One platform's part of an image; the layer is a tar."""

    architecture: str
    layer: bytes


class Settings(NamedTuple):
    """What a container of the image is started with."""

    user: str
    entrypoint: tuple[str, ...]
    environment: tuple[str, ...]
    folder: str
    volumes: tuple[str, ...]
    labels: dict[str, str]


def layer(entries: Sequence[Entry], source_date_s: int) -> bytes:
    """A tar of the entries by path, with every folder above them; all else in its headers is fixed."""
    named = {entry.path: entry for entry in entries}
    for entry in entries:
        parts = entry.path.split("/")
        for length in range(1, len(parts)):
            above = "/".join(parts[:length])
            named.setdefault(above, Entry(above, 0o755))
    return _tar([named[path] for path in sorted(named)], source_date_s)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layout(
    platforms: Sequence[Platform], settings: Settings, name: str, version: str, source_date_s: int
) -> bytes:
    """The whole layout as a tar. `name` is what `docker load` calls the image, `version` its tag."""
    blobs: dict[str, bytes] = {}

    def add(data: bytes, kind: str) -> dict[str, Any]:
        blobs[digest(data)] = data
        return {"mediaType": kind, "digest": digest(data), "size": len(data)}

    manifests, for_docker = [], []
    for platform in platforms:
        packed = add(compressed(platform.layer), LAYER)
        config = add(_json(_config(platform, settings, source_date_s)), CONFIG)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [packed]}
        described = add(_json(manifest), MANIFEST)
        manifests.append(described | {"platform": {"architecture": platform.architecture, "os": "linux"}})
        for_docker.append(
            {
                "Config": _blob_path(config["digest"]),
                "RepoTags": [f"{name}:{version}-{platform.architecture}"],
                "Layers": [_blob_path(packed["digest"])],
            }
        )
    index = add(_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}), INDEX)
    index["annotations"] = {CONTAINERD_NAME: f"{name}:{version}", REF_NAME: version}
    top = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [index]}
    files = {LAYOUT_FILE: _json(LAYOUT), INDEX_FILE: _json(top), DOCKER_FILE: _json(for_docker)}
    files |= {_blob_path(name): data for name, data in blobs.items()}
    entries = [Entry("blobs", 0o755), Entry("blobs/sha256", 0o755)]
    entries += [Entry(path, 0o644, data) for path, data in files.items()]
    return _tar(sorted(entries), source_date_s)


def _config(platform: Platform, settings: Settings, source_date_s: int) -> dict[str, Any]:
    created = datetime.fromtimestamp(source_date_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "created": created,
        "architecture": platform.architecture,
        "os": "linux",
        "config": {
            "User": settings.user,
            "Env": list(settings.environment),
            "Entrypoint": list(settings.entrypoint),
            "Volumes": {volume: {} for volume in settings.volumes},
            "WorkingDir": settings.folder,
            "Labels": settings.labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(platform.layer)]},
        "history": [{"created": created, "created_by": "clawft release/image.py"}],
    }


def _tar(entries: Sequence[Entry], source_date_s: int) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            member = tarfile.TarInfo(entry.path)
            member.mode, member.mtime = entry.mode, source_date_s
            member.uid = member.gid = entry.owner
            if entry.content is None:
                member.type = tarfile.DIRTYPE
                archive.addfile(member)
            else:
                member.size = len(entry.content)
                archive.addfile(member, io.BytesIO(entry.content))
    return written.getvalue()


def _blob_path(name: str) -> str:
    return "blobs/" + name.replace(":", "/")


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
