"""The file tools on a real disk: nothing outside the workspace is read, listed or written, whatever leads there."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from clawft.agent.arguments import tool_arguments
from clawft.core.errors import PolicyDenied, ToolError, WeftError
from clawft.core.fakes import run
from clawft.core.memory import MemoryStore
from clawft.tools.registry import ToolRegistry, built_in_tools
from tests.fakes.host_files import HostFiles

SECRET = "the secret outside"

LEADING_OUT = [
    "../outside/secret.txt",
    "../../etc/passwd",
    "../../../../../../../../etc/passwd",
    "a/../../outside/secret.txt",
    "newdir/../../evil.txt",
    "a/b/../../../evil.txt",
    "a/b/c/../../../../outside/evil.txt",
    "./../evil.txt",
    "sub/./../../evil.txt",
    "..",
    "../",
    "sub/..",
    "/etc/passwd",
    "/etc/shadow",
    "//etc/passwd",
    "/",
    "~",
    "~/evil.txt",
    "/proc/self/environ",
    "/proc/self/cwd/evil.txt",
    "/dev/null",
    "/dev/stdin",
    "C:\\evil.txt",
    "C:/evil.txt",
    "\\\\server\\share\\evil.txt",
    "..\\outside\\secret.txt",
    "sub\\..\\..\\evil.txt",
    "evil\0.txt",
    "evil.txt\n",
    "\u202eevil.txt",
    "link_file",
    "link_absolute",
    "link_folder/secret.txt",
    "link_folder/evil.txt",
    "link_folder/new/evil.txt",
    "link_up/outside/secret.txt",
    "link_up/evil.txt",
    "link_dangling",
    "link_dangling_folder/evil.txt",
    "link_to_link",
    "link_loop",
    "link_inside_out",
    "sub/link_chain/secret.txt",
    "link_root/etc/passwd",
    "link_proc",
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace with every kind of link that leads out of it, and a secret beside it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    workspace = tmp_path / "workspace"
    (workspace / "sub").mkdir(parents=True)
    (workspace / "inside.txt").write_text("inside\n")
    (workspace / "link_file").symlink_to("../outside/secret.txt")
    (workspace / "link_absolute").symlink_to(outside / "secret.txt")
    (workspace / "link_folder").symlink_to(outside)
    (workspace / "link_up").symlink_to("..")
    (workspace / "link_dangling").symlink_to(outside / "evil.txt")
    (workspace / "link_dangling_folder").symlink_to(outside / "missing")
    (workspace / "link_to_link").symlink_to("link_absolute")
    (workspace / "link_loop").symlink_to("link_loop")
    (workspace / "link_inside_out").symlink_to("sub/../../outside/secret.txt")
    (workspace / "sub" / "link_chain").symlink_to("../link_folder")
    (workspace / "link_root").symlink_to("/")
    (workspace / "link_proc").symlink_to("/proc/self/environ")
    (workspace / "link_good").symlink_to("inside.txt")
    return workspace


def no_search() -> NoReturn:
    raise AssertionError("nobody searches here")


def tools_of(workspace: Path) -> ToolRegistry:
    files = HostFiles()
    return ToolRegistry(
        built_in_tools(files, str(workspace), MemoryStore(files, str(workspace / "memory")), no_search)
    )


def call(workspace: Path, name: str, **arguments: object) -> dict[str, object]:
    tool = tools_of(workspace).find(name)
    return run(tool.call(tool_arguments(json.dumps(arguments), tool.schema.parameters)))


def snapshot(folder: Path) -> dict[str, object]:
    """Everything in a tree: kinds, contents, link targets, modes."""
    found: dict[str, object] = {}
    for root, folders, names in os.walk(folder):
        for name in folders + names:
            path = Path(root, name)
            mode = path.lstat().st_mode
            content: object = None
            if stat.S_ISLNK(mode):
                content = path.readlink()
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            found[str(path)] = (mode, content)
    return found


@pytest.mark.parametrize("path", LEADING_OUT)
def test_nothing_leads_out(place: Path, path: str) -> None:
    before = snapshot(place.parent)
    for name, rest in (
        ("read_file", {}),
        ("read_file", {"offset": 1, "limit": 1}),
        ("write_file", {"content": "evil"}),
        ("edit_file", {"old_text": "secret", "new_text": "evil"}),
    ):
        with pytest.raises((ToolError, PolicyDenied)) as refused:
            call(place, name, path=path, **rest)
        assert SECRET not in refused.value.message
        assert (
            "cannot be" not in refused.value.message
        )  # no system error, which could tell one path from another
    assert snapshot(place.parent) == before


@pytest.mark.parametrize(
    "path", ["link_folder", "link_up", "link_root", "sub/link_chain", "..", "/", "/etc", "~"]
)
def test_no_folder_outside_is_listed(place: Path, path: str) -> None:
    with pytest.raises((ToolError, PolicyDenied)):
        call(place, "list_directory", path=path)


def test_the_same_calls_work_inside(place: Path) -> None:
    assert call(place, "read_file", path="inside.txt") == {"content": "inside\n"}
    assert call(place, "read_file", path=".//./inside.txt") == {"content": "inside\n"}
    assert call(place, "read_file", path=str(place / "inside.txt")) == {"content": "inside\n"}
    assert call(place, "read_file", path="link_good") == {"content": "inside\n"}
    call(place, "write_file", path="newdir/deep/er.txt", content="new")
    assert (place / "newdir" / "deep" / "er.txt").read_text() == "new"
    call(place, "edit_file", path="inside.txt", old_text="inside", new_text="edited")
    assert (place / "inside.txt").read_text() == "edited\n"


def test_existing_and_missing_files_outside_get_the_same_answer(place: Path) -> None:
    for existing, missing in (
        ("../outside/secret.txt", "../outside/secret.tx_"),
        (str(place.parent / "outside" / "secret.txt"), str(place.parent / "outside" / "secret.tx_")),
        ("link_folder/secret.txt", "link_folder/secret.tx_"),
        ("link_absolute", "link_dangling"),
    ):
        answers = []
        for path in (existing, missing):
            with pytest.raises((ToolError, PolicyDenied)) as refused:
                call(place, "read_file", path=path)
            answers.append(refused.value.message.replace(path, "PATH"))
        assert answers[0] == answers[1]


def test_listing_shows_links_without_following_them(place: Path) -> None:
    (place / "link_big").symlink_to("/etc/passwd")
    entries = call(place, "list_directory", path="")["entries"]
    assert isinstance(entries, list)
    by_name = {entry["name"]: entry for entry in entries}
    assert list(by_name) == sorted(by_name)
    assert by_name["link_folder"]["is_dir"] is False
    assert by_name["sub"] == {"name": "sub", "is_dir": True, "size": 0}
    assert by_name["inside.txt"]["size"] == 7
    assert by_name["link_big"]["size"] != Path("/etc/passwd").stat().st_size


def test_pipes_sockets_and_devices_are_no_files_and_nothing_waits_for_them(place: Path) -> None:
    os.mkfifo(place / "pipe")
    before = snapshot(place)
    for name, rest in (
        ("read_file", {}),
        ("write_file", {"content": "x"}),
        ("edit_file", {"old_text": "a", "new_text": "b"}),
    ):
        with pytest.raises(ToolError, match="no such file in the workspace"):
            call(place, name, path="pipe", **rest)
    assert snapshot(place) == before


def exchange(left: Path, right: Path) -> None:
    """Give two files each other's names in one step."""
    if sys.platform == "darwin":
        result = ctypes.CDLL(None).renamex_np(os.fsencode(left), os.fsencode(right), 2)
    else:
        result = ctypes.CDLL(None).renameat2(-100, os.fsencode(left), -100, os.fsencode(right), 2)
    assert result == 0


def test_a_folder_exchanged_for_a_link_while_writing_never_leads_out(place: Path) -> None:
    """The race of check-then-use: another process swaps a folder for a link outside, all the time."""
    outside = place.parent / "outside"
    before = snapshot(outside)
    (place / "real").mkdir()
    (place / "other").symlink_to(outside)
    ends = threading.Event()

    def swap() -> None:
        while not ends.is_set():
            exchange(place / "real", place / "other")

    swapper = threading.Thread(target=swap)
    swapper.start()
    done = 0
    try:
        for index in range(300):
            try:
                call(place, "write_file", path=f"real/{index % 10}.txt", content="evil")
                done += 1
            except WeftError:
                continue
    finally:
        ends.set()
        swapper.join()
    assert snapshot(outside) == before
    assert done > 0


def test_a_fresh_workspace_is_made_private(tmp_path: Path) -> None:
    workspace = tmp_path / "home" / "workspace"
    assert call(workspace, "list_directory", path=".") == {"entries": []}
    call(workspace, "write_file", path="a.txt", content="a")
    assert stat.S_IMODE(workspace.stat().st_mode) == 0o700


def test_writing_keeps_the_mode_and_leaves_no_temporary_files(place: Path) -> None:
    script = place / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    call(place, "edit_file", path="run.sh", old_text="#!/bin/sh\n", new_text="#!/bin/sh\necho hi\n")
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    call(place, "write_file", path="sub/a.txt", content="a")
    assert sorted(path.name for path in (place / "sub").iterdir()) == ["a.txt", "link_chain"]


def test_names_that_are_not_utf8_are_listed_as_text(place: Path) -> None:
    folder = place / "bytes"
    folder.mkdir()
    try:
        (folder / os.fsdecode(b"\xff.txt")).touch()
    except OSError:
        pytest.skip("this file system keeps only UTF-8 names")
    from clawft.agent.truncation import fit

    text = fit(call(place, "list_directory", path="bytes"), 1000)
    assert json.loads(text.encode())["entries"][0]["name"].endswith(".txt")


def test_a_diff_can_be_applied_with_patch(place: Path) -> None:
    if shutil.which("patch") is None:
        pytest.skip("there is no patch program")
    before = "".join(f"line {index}\n" for index in range(50))
    (place / "a.txt").write_text(before)
    result = call(place, "edit_file", path="a.txt", old_text="line 7\nline 8\n", new_text="seven\n")
    copy = place.parent / "copy"
    copy.mkdir()
    (copy / "a.txt").write_text(before)
    subprocess.run(["patch", "-p1", "-s"], input=str(result["diff"]).encode(), cwd=copy, check=True)
    assert (copy / "a.txt").read_text() == (place / "a.txt").read_text()


def test_memory_does_not_follow_links_out(place: Path) -> None:
    memory = place / "memory"
    memory.mkdir()
    target = place.parent / "outside" / "secret.txt"
    for link in (target, place.parent / "outside" / "new.txt"):
        (memory / "MEMORY.md").symlink_to(link)
        before = snapshot(place.parent)
        for arguments in ({"content": "evil"}, {"content": "evil", "mode": "overwrite"}):
            with pytest.raises(ToolError):
                call(place, "memory_write", **arguments)
        if link == target:
            with pytest.raises(ToolError, match="expected a plain file"):
                call(place, "memory_read")
        assert snapshot(place.parent) == before
        (memory / "MEMORY.md").unlink()
    call(place, "memory_write", content="fine")
    assert call(place, "memory_read") == {"content": "fine\n"}


def wide(workspace: Path, *private: Path) -> ToolRegistry:
    """Tools that may read outside the workspace, but for some folders."""
    files = HostFiles()
    memory = MemoryStore(files, str(workspace / "memory"))
    return ToolRegistry(
        built_in_tools(
            files,
            str(workspace),
            memory,
            no_search,
            restrict_to_workspace=False,
            private_folders=tuple(str(path) for path in private),
        )
    )


def test_outside_the_file_really_opened_is_judged(place: Path) -> None:
    outside = place.parent / "outside"
    keys = place.parent / "keys"
    keys.mkdir()
    (keys / "key").write_text("key")
    (outside / "to_key").symlink_to(keys / "key")
    (outside / "to_keys").symlink_to("../keys")
    (outside / "to_secret").symlink_to("secret.txt")
    os.link(keys / "key", outside / "hard")
    read = wide(place, keys).find("read_file")
    for name in ("secret.txt", "to_secret"):
        assert run(read.call({"path": str(outside / name)})) == {"content": SECRET}
    for name in ("to_key", "to_keys/key"):
        with pytest.raises(PolicyDenied) as denied:
            run(read.call({"path": str(outside / name)}))
        assert denied.value.rule == "path.private"
    with pytest.raises(ToolError, match="hard links"):
        run(read.call({"path": str(outside / "hard")}))


def test_a_hard_link_to_a_file_outside_is_refused_for_everything(place: Path) -> None:
    os.link(place.parent / "outside" / "secret.txt", place / "hard")
    for name, more in (
        ("read_file", {}),
        ("write_file", {"content": "x"}),
        ("edit_file", {"old_text": "secret", "new_text": "x"}),
    ):
        with pytest.raises(ToolError, match="put a copy in its place"):
            call(place, name, path="hard", **more)
    assert (place.parent / "outside" / "secret.txt").read_text() == SECRET
    assert call(place, "read_file", path="inside.txt") == {"content": "inside\n"}


def test_an_edit_of_a_file_that_changes_meanwhile_is_refused(place: Path) -> None:
    files = HostFiles()
    memory = MemoryStore(files, str(place / "memory"))
    tools = ToolRegistry(built_in_tools(files, str(place), memory, no_search))
    folder = files.folder(str(place))
    folder.write("inside.txt", b"two\n", b"inside\n")
    with pytest.raises(ToolError, match="has changed since it was read"):
        folder.write("inside.txt", b"three\n", b"inside\n")
    assert "diff" in run(
        tools.find("edit_file").call({"path": "inside.txt", "old_text": "two", "new_text": "three"})
    )
    assert (place / "inside.txt").read_text() == "three\n"
