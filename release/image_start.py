"""Starts what an image of ours holds, without a container runtime: its only layer as the root folder, as its user.

In namespaces of its own (files, processes, host name, no network). Another machine's executable is run by qemu, which
is bound in for as long as that takes. Needs root, or user namespaces with a range of users.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from release import oci_reader
from release.refusal import Refusal
from tools import running
from tools.targets import read_targets

if TYPE_CHECKING:
    from release.oci_reader import ReadPlatform

LIMIT_S = 120
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
EMULATOR = "/.emulator"
# Only what the image itself holds is in the new root, and of that only the volume can be written to.
SCRIPT = """
root=$1 emulator=$2 volume=$3 state=$4
shift 4
mount --bind "$root" "$root"
if [ -n "$emulator" ]; then
    : >"$root/.emulator"
    mount --bind "$emulator" "$root/.emulator"
fi
mount --bind "$state" "$root$volume"
mount -o remount,bind,ro "$root"
exec "$@"
"""


class Answer(NamedTuple):
    """What a command in the image printed."""

    output: str
    errors: str


def start(platform: ReadPlatform) -> list[Answer]:
    """`weft --version`, then a turn, then the status, with one volume. Raises Refusal, or CannotRun."""
    with tempfile.TemporaryDirectory(prefix="clawft-image-") as folder:
        root, state = Path(folder, "root"), Path(folder, "state")
        unpack(platform.layer, root)
        user = int(platform.config["config"]["User"].partition(":")[0])
        state.mkdir(mode=0o700)
        os.chown(state, user, user)
        answers = [
            run(platform, root, state, *words)
            for words in (("--version",), ("agent", "-m", "hello"), ("status",))
        ]
        if not answers[0].output.startswith("weft "):
            raise Refusal(f"the image's --version says {answers[0].output!r}")
        if not list(state.glob("state/sessions/*")):
            raise Refusal("a turn in the image left no session in its volume")
        return answers


def unpack(layer: bytes, root: Path) -> None:
    """The layer's files with their owners and modes, below `root`."""
    root.mkdir(mode=0o755)
    for entry in oci_reader.members(layer):
        path = root / entry.path
        if entry.content is None:
            path.mkdir()
        else:
            path.write_bytes(entry.content)
        os.chown(path, entry.owner, entry.owner)
        path.chmod(entry.mode)


def run(platform: ReadPlatform, root: Path, state: Path, *words: str) -> Answer:
    """One command in a new container of it. Refusal with what it said if it fails."""
    config = platform.config["config"]
    user, _, group = config["User"].partition(":")
    emulator = _emulator(platform.architecture)
    command = [*([EMULATOR] if emulator else []), *config["Entrypoint"], *words]
    argv = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "sh", "-ec", SCRIPT, "sh"]
    argv += [str(root), emulator, *config["Volumes"], str(state)]
    argv += ["chroot", f"--userspec={user}:{group}", "--groups=", str(root), *command]
    # chroot(1) and the shell are found by the PATH that they are started with, the image's own is the program's.
    names = dict(variable.split("=", 1) for variable in config["Env"])
    try:
        done = subprocess.run(
            argv,
            env=names | {"PATH": os.pathsep.join((*running.PLACES, "/usr/sbin", "/sbin"))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refusal(f"the image was not started: {error}") from error
    if done.returncode:
        raise Refusal(
            f"linux/{platform.architecture}: weft {' '.join(words)} in the image: exit code {done.returncode}, "
            f"{done.stderr.strip()!r}"
        )
    return Answer(done.stdout, done.stderr)


def _emulator(architecture: str) -> str:
    """What runs it here, "" if this machine does by itself."""
    for target in read_targets().values():
        if target.system == "linux" and target.machine == MACHINES[architecture]:
            runner = running.runnable(target, Path(target.executable)).runner
            return runner[0] if runner else ""
    raise Refusal(f"no target is for linux/{architecture}")
