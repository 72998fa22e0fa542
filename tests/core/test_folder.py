"""Nothing leads out of a confined folder: each refusal beside what is allowed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from clawft.core.errors import ToolError
from clawft.core.folder import ConfinedFolder
from clawft.core.folder_by_path import CheckedFolder, read_judged_by_path
from clawft.core.replace import temporary_name
from tests.native import fake_weft

ROOT = Path(__file__).parents[2]
LIMIT = 1000
SECRET = b"secret"


@pytest.fixture(params=[ConfinedFolder, CheckedFolder])
def kind(request):
    """Both implementations keep the same promises, but for races."""
    return request.param


@pytest.fixture
def place(tmp_path):
    """A folder `in` with a few files, and beside it an `out` that nothing may reach."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    (inside / "sub").mkdir(parents=True)
    outside.mkdir()
    (inside / "a.txt").write_bytes(b"hello")
    (inside / "sub" / "b.txt").write_bytes(b"below")
    (outside / "secret").write_bytes(SECRET)
    return tmp_path


@pytest.fixture
def folder(kind, calls, place):
    return kind(calls, str(place / "in"))


@pytest.fixture
def confined(calls, place):
    return ConfinedFolder(calls, str(place / "in"))


def refusal(path):
    return pytest.raises(
        ToolError, match="^" + path.replace("\\", "\\\\").replace(".", r"\.") + ": no such file"
    )


@pytest.mark.parametrize("path", ["a.txt", "./a.txt", ".//a.txt", "a.txt/"])
def test_a_file_inside_is_read(folder, path):
    assert folder.read(path, LIMIT) == b"hello"


@pytest.mark.parametrize(
    "path",
    "../out/secret|sub/../../out/secret|sub/../a.txt|/etc/passwd|..|.||sub|none|none/x|a.txt/x|a\0b|\ud800".split(
        "|"
    ),
)
def test_what_is_outside_missing_or_no_file_is_refused_with_one_answer(folder, path):
    with pytest.raises(ToolError) as refused:
        folder.read(path, LIMIT)
    assert str(refused.value) == path + ": no such file in the workspace"


def test_an_absolute_path_is_refused_even_if_it_is_inside(folder, place):
    with pytest.raises(ToolError, match="no such file in the workspace"):
        folder.read(str(place / "in" / "a.txt"), LIMIT)


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_not(folder):
    assert folder.read("a.txt", 5) == b"hello"
    with pytest.raises(ToolError, match=r"a\.txt: is 5 bytes long, at most 4 can be read"):
        folder.read("a.txt", 4)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("here", "a.txt"),
        ("sub/up", "../a.txt"),
        ("twice", "here"),
        ("folder", "sub/../sub/./.."),
        ("absolute", "{in}/a.txt"),
    ],
)
def test_a_link_that_stays_inside_is_followed(folder, place, link, target):
    (place / "in" / "here").symlink_to("a.txt")
    if link != "here":
        (place / "in" / link).symlink_to(target.format(**{"in": place / "in"}))
    assert folder.read(link + "/a.txt" if link == "folder" else link, LIMIT) == b"hello"


@pytest.mark.parametrize(
    "target",
    ["../out/secret", "{out}/secret", "sub/../../out/secret", "none", "loop", "../in/a.txt/../../out/secret"],
)
def test_a_link_that_leaves_dangles_or_turns_in_circles_is_refused_for_reading_and_writing(
    folder, place, target
):
    (place / "in" / "loop").symlink_to("loop")
    link = place / "in" / "link"
    link.symlink_to(target.format(out=place / "out"))
    with refusal("link"):
        folder.read("link", LIMIT)
    if target != "none":
        with refusal("link"):
            folder.write("link", b"mine")
    assert (place / "out" / "secret").read_bytes() == SECRET
    assert link.is_symlink()


def test_a_link_to_a_folder_outside_is_refused_for_everything(folder, place):
    (place / "in" / "link").symlink_to(place / "out")
    for use in (
        lambda: folder.read("link/secret", LIMIT),
        lambda: folder.write("link/secret", b"mine"),
        lambda: folder.write("link/deeper/new", b"mine"),
        lambda: folder.list("link"),
        lambda: folder.stat("link/secret"),
        lambda: folder.stat("link"),
    ):
        with pytest.raises(ToolError, match="no such file in the workspace"):
            use()
    assert [path.name for path in (place / "out").iterdir()] == ["secret"]
    assert (place / "out" / "secret").read_bytes() == SECRET


def test_a_link_out_and_back_in_is_refused_without_a_word_about_what_is_out_there(confined, place):
    (place / "in" / "back").symlink_to("../in/a.txt")
    (place / "in" / "gone").symlink_to("../none/a.txt")
    for name in ("back", "gone"):
        with refusal(name):
            confined.read(name, LIMIT)


def test_a_name_that_is_not_utf8_is_seen_and_cannot_be_opened(confined, place):
    try:
        (place / "in" / "sub" / os.fsdecode(b"\xff.txt")).touch()
    except OSError:
        pytest.skip("this file system keeps only UTF-8 names")
    assert [(name, fact.kind) for name, fact in confined.list("sub")] == [
        ("b.txt", "file"),
        ("\ufffd.txt", "file"),
    ]
    with refusal("sub/\ufffd.txt"):
        confined.read("sub/\ufffd.txt", LIMIT)
    with refusal("sub/\udcff.txt"):
        confined.read("sub/\udcff.txt", LIMIT)


def make_socket(path):
    before = Path.cwd()
    os.chdir(Path(path).parent)  # a socket's path has to be short
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(Path(path).name)
    finally:
        os.chdir(before)


def make_device(path):
    if os.geteuid() == 0:
        os.mknod(path, 0o20666, 0x103)
    else:
        os.mkfifo(path)  # only root can make a device; both are judged by the same line


@pytest.mark.parametrize("make", [os.mkfifo, make_socket, make_device])
def test_pipes_sockets_and_devices_are_refused_at_once(folder, place, make):
    make(str(place / "in" / "odd"))
    with refusal("odd"):
        folder.read("odd", LIMIT)
    with refusal("odd"):
        folder.write("odd", b"mine")
    with refusal("odd"):
        folder.stat("odd")
    assert [(name, fact.kind) for name, fact in folder.list("")][1] == ("odd", "other")


def test_a_write_makes_the_file_and_the_folders_on_its_way(folder, place):
    folder.write("new/deep/c.txt", b"made")
    assert (place / "in" / "new" / "deep" / "c.txt").read_bytes() == b"made"
    assert [path.name for path in (place / "in" / "new" / "deep").iterdir()] == ["c.txt"]


def test_a_write_keeps_the_mode_of_what_it_replaces(folder, place):
    script = place / "in" / "run.sh"
    script.write_bytes(b"one")
    script.chmod(0o751)
    folder.write("run.sh", b"two")
    assert script.read_bytes() == b"two"
    assert script.stat().st_mode & 0o7777 == 0o751


def test_a_new_file_has_the_mode_that_the_user_s_mask_leaves(folder, place):
    before = os.umask(0o027)
    try:
        folder.write("new", b"")
    finally:
        os.umask(before)
    assert (place / "in" / "new").stat().st_mode & 0o7777 == 0o640


def test_a_write_through_a_link_that_stays_inside_changes_the_file_and_keeps_the_link(folder, place):
    (place / "in" / "link").symlink_to("sub/b.txt")
    folder.write("link", b"changed")
    assert (place / "in" / "link").is_symlink()
    assert (place / "in" / "sub" / "b.txt").read_bytes() == b"changed"


def test_a_file_with_other_names_outside_is_neither_read_nor_written_and_the_answer_says_why(folder, place):
    os.link(place / "out" / "secret", place / "in" / "shared")
    for use in (lambda: folder.read("shared", LIMIT), lambda: folder.write("shared", b"mine")):
        with pytest.raises(ToolError, match=r"^shared: has other names \(hard links\)"):
            use()
    assert (place / "out" / "secret").read_bytes() == SECRET
    assert [name for name, _ in folder.list("")] == ["a.txt", "shared", "sub"]
    (place / "in" / "copy").write_bytes((place / "in" / "shared").read_bytes())
    (place / "in" / "copy").rename(place / "in" / "shared")  # what the answer says to do
    assert folder.read("shared", LIMIT) == SECRET


def test_a_write_that_expects_what_is_there_replaces_it(folder, place):
    folder.write("a.txt", b"new", b"hello")
    assert folder.read("a.txt", LIMIT) == b"new"
    folder.write("sub/empty", b"")
    folder.write("sub/empty", b"full", b"")
    assert (place / "in" / "sub" / "empty").read_bytes() == b"full"


@pytest.mark.parametrize("expected", [b"Hello", b"hello!", b"hell", b""])
def test_a_write_that_expects_something_else_changes_nothing(folder, place, expected):
    with pytest.raises(ToolError, match=r"^a\.txt: has changed since it was read"):
        folder.write("a.txt", b"new", expected)
    with pytest.raises(ToolError, match=r"^none: has changed since it was read"):
        folder.write("none", b"new", expected)
    assert (place / "in" / "a.txt").read_bytes() == b"hello"
    assert sorted(one.name for one in (place / "in").iterdir()) == ["a.txt", "sub"]


class Late:
    """The system calls, with another program that changes a file when all but the last step of a write is done."""

    def __init__(self, calls, change):
        self._calls = calls
        self._change = change

    def __getattr__(self, name):
        return getattr(self._calls, name)

    def fd_sync(self, fd):
        self._calls.fd_sync(fd)
        self._change()


def test_a_change_at_the_last_moment_is_seen(kind, calls, place):
    file = place / "in" / "a.txt"
    late = kind(Late(calls, lambda: file.write_bytes(b"other")), str(place / "in"))
    with pytest.raises(ToolError, match="has changed since it was read"):
        late.write("a.txt", b"new", b"hello")
    assert file.read_bytes() == b"other"
    late = kind(Late(calls, file.unlink), str(place / "in"))
    with pytest.raises(ToolError, match="no such file"):
        late.write("a.txt", b"new", b"other")


def test_a_file_with_all_its_names_inside_is_read_and_a_write_does_not_reach_the_others(folder, place):
    os.link(place / "in" / "a.txt", place / "in" / "sub" / "again")
    assert folder.read("sub/again", LIMIT) == b"hello"
    folder.write("sub/again", b"mine")
    assert (place / "in" / "sub" / "again").read_bytes() == b"mine"
    assert (place / "in" / "a.txt").read_bytes() == b"hello"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.txt", "file"),
        ("", "folder"),
        ("sub", "folder"),
        ("none", "missing"),
        ("none/of/these", "missing"),
        ("a.txt/x", "missing"),
        ("pipe", "other"),
        ("again", "file"),
        ("shared", "linked"),
    ],
)
def test_a_look_says_what_a_path_leads_to(folder, place, path, expected):
    os.mkfifo(place / "in" / "pipe")
    os.link(place / "in" / "sub" / "b.txt", place / "in" / "again")
    os.link(place / "out" / "secret", place / "in" / "shared")
    assert folder.look(path) == expected
    assert not (place / "in" / "none").exists()


def test_a_link_to_nothing_inside_is_missing_where_links_are_walked(confined, place):
    (place / "in" / "dangling").symlink_to("sub/none")
    assert confined.look("dangling") == "missing"


@pytest.mark.parametrize("target", ["../out", "../out/secret", "../out/none", "/etc/hostname", "/none"])
def test_a_look_does_not_follow_a_link_out(folder, place, target):
    (place / "in" / "link").symlink_to(target)
    with refusal("link"):
        folder.look("link")


@pytest.mark.parametrize("path", ["", ".", "sub", "a.txt/x"])
def test_a_write_never_replaces_a_folder_or_enters_a_file(folder, place, path):
    with pytest.raises(ToolError, match="no such file in the workspace"):
        folder.write(path, b"mine")
    assert (place / "in" / "a.txt").read_bytes() == b"hello"
    assert sorted(one.name for one in (place / "in").iterdir()) == ["a.txt", "sub"]


def test_a_list_is_sorted_follows_no_link_and_leaves_unfinished_writes_out(folder, calls, place):
    (place / "in" / "link").symlink_to(place / "out")
    (place / "in" / temporary_name(calls)).write_bytes(b"half")
    found = [(name, fact.kind, fact.size_bytes) for name, fact in folder.list("")]
    assert [one[:2] for one in found] == [("a.txt", "file"), ("link", "other"), ("sub", "folder")]
    assert found[0][2] == 5
    assert [name for name, _ in folder.list("sub")] == ["b.txt"]
    for path in ("a.txt", "none", "../out"):
        with pytest.raises(ToolError, match="no such file in the workspace"):
            folder.list(path)


def test_the_facts_of_files_and_folders_are_told(folder):
    assert (folder.stat("a.txt").kind, folder.stat("a.txt").size_bytes) == ("file", 5)
    assert folder.stat("sub").kind == "folder"
    assert folder.stat("").kind == "folder"


def test_a_folder_that_was_moved_is_found_at_its_path(folder, place):
    (place / "in").rename(place / "was")
    with pytest.raises(ToolError):
        folder.read("a.txt", LIMIT)
    (place / "in").mkdir()
    (place / "in" / "a.txt").write_bytes(b"again")
    assert folder.read("a.txt", LIMIT) == b"again"


def test_the_folder_itself_may_be_a_link_that_its_owner_made(kind, calls, place):
    (place / "link").symlink_to("in")
    assert kind(calls, str(place / "link")).read("a.txt", LIMIT) == b"hello"


def test_names_too_long_for_the_disk_say_so(folder):
    with pytest.raises(ToolError, match="File name too long"):
        folder.write("x" * 300, b"")


def test_no_descriptor_stays_open(confined, place):
    (place / "in" / "link").symlink_to("../out/secret")
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208 - counting is enough
    for path in ("a.txt", "sub/b.txt", "link", "none", "sub", "../x"):
        for use in (lambda at: confined.read(at, LIMIT), confined.stat, confined.list):
            try:
                use(path)
            except ToolError:
                continue
    confined.write("sub/new/c", b"")
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208 - as above


def test_the_runtime_hands_out_the_confined_kind_and_makes_the_folder(files, tmp_path):
    folder = files.folder(str(tmp_path / "new"))
    assert isinstance(folder, ConfinedFolder)
    folder.write("a", b"b")
    assert folder.read("a", LIMIT) == b"b"


# Exchanges names as fast as it can: a link for a file or folder, and back, until its input ends.
FLIPPER = """
import os, select, shutil, sys
inside, outside = sys.argv[1:]
def move(name, target):
    while True:
        try:
            return os.rename(name, target)
        except OSError:  # a write has made the folder anew while it was away
            shutil.rmtree(target, ignore_errors=True)
print("ready", flush=True)
while not select.select([0], [], [], 0)[0]:
    for _ in range(200):
        os.symlink(outside + "/secret", inside + "/l"); os.replace(inside + "/l", inside + "/file")
        os.symlink(outside, inside + "/l")
        os.rename(inside + "/dir", inside + "/d"); move(inside + "/l", inside + "/dir")
        with open(inside + "/n", "w") as file: file.write("fine")
        os.replace(inside + "/n", inside + "/file")
        os.unlink(inside + "/dir"); move(inside + "/d", inside + "/dir")
"""


def test_a_name_exchanged_while_it_is_used_never_leads_outside(confined, place):
    inside = place / "in"
    (inside / "dir").mkdir()
    (inside / "dir" / "secret").write_bytes(b"fine")
    (inside / "file").write_bytes(b"fine")
    flipper = subprocess.Popen(
        [sys.executable, "-c", FLIPPER, str(inside), str(place / "out")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert flipper.stdin is not None
    assert flipper.stdout is not None
    flipper.stdout.readline()
    outcomes = {"read": 0, "refused": 0}
    for number in range(4000):
        path = ("file", "dir/secret")[number % 2]
        try:
            if number % 40 < 2:
                confined.write(path, b"fine")
            assert confined.read(path, LIMIT) == b"fine"
            outcomes["read"] += 1
        except ToolError as refused:
            assert "no such file" in str(refused)  # noqa: PT017 - refusing is one of two right answers
            outcomes["refused"] += 1
    flipper.stdin.close()
    flipper.wait(60)
    flipper.stdout.close()
    assert (place / "out" / "secret").read_bytes() == SECRET
    assert sorted(path.name for path in (place / "out").iterdir()) == ["secret"]
    assert sorted(path.name for path in place.iterdir()) == ["in", "out"]
    assert outcomes["read"] > 0
    assert outcomes["refused"] > 0


@pytest.mark.parametrize(
    "name",
    ["CLAWFT~1", "clawft~1.jso", "a~12", "x.", "x ", "a.txt:s", "a.txt::$DATA", "COM1", "lpt9.txt", "NUL"],
)
def test_names_that_mean_something_else_on_windows_are_refused_there(calls, place, name):
    (place / "in" / name).write_bytes(b"x")
    folder = CheckedFolder(calls, str(place / "in"))
    with pytest.raises(ToolError, match="no such file in the workspace"):
        folder.read(name, LIMIT)
    with pytest.raises(ToolError, match="no such file in the workspace"):
        folder.write(name, b"y")
    assert (place / "in" / name).read_bytes() == b"x"


@pytest.mark.parametrize("name", ["a~b", "~1", "backup~old", "longername~1", "com", "nullable", ".x", "a b"])
def test_names_that_look_like_those_are_not(calls, place, name):
    (place / "in" / name).write_bytes(b"x")
    assert CheckedFolder(calls, str(place / "in")).read(name, LIMIT) == b"x"


class Denied(Exception):
    pass


def test_outside_what_was_walked_to_is_judged_and_then_read(files, place):
    (place / "in" / "link").symlink_to("../out")
    (place / "in" / "absolute").symlink_to(place / "out" / "secret")
    judged = []
    for path in ("out/secret", "in/link/secret", "in/absolute", "in/../out/./secret"):
        if ".." not in path:
            assert files.read_judged(str(place / path), LIMIT, judged.append) == SECRET
    assert judged == [str(place / "out" / "secret")] * 3

    def refuse(path):
        raise Denied(path)

    with pytest.raises(Denied, match=r"out/secret$"):
        files.read_judged(str(place / "in" / "absolute"), LIMIT, refuse)


@pytest.mark.parametrize("name", ["none", "pipe", "in", "shared"])
def test_outside_only_regular_files_with_one_name_are_read(files, place, name):
    os.mkfifo(place / "pipe")
    os.link(place / "out" / "secret", place / "shared")
    with pytest.raises(ToolError, match=r"no such file|has other names"):
        files.read_judged(str(place / name), LIMIT, lambda _: None)
    with pytest.raises(ToolError, match="at most 3 can be read"):
        files.read_judged(str(place / "in" / "a.txt"), 3, lambda _: None)


def test_where_paths_are_opened_whole_the_real_one_is_judged(calls, place):
    (place / "in" / "link").symlink_to("../out")
    judged = []
    found = read_judged_by_path(calls, str(place / "in" / "link" / "secret"), LIMIT, judged.append)
    assert (found, judged) == (SECRET, [str(place / "out" / "secret")])
    os.link(place / "out" / "secret", place / "shared")
    for name in ("in", "shared"):
        with pytest.raises(ToolError):
            read_judged_by_path(calls, str(place / name), LIMIT, judged.append)


def test_outside_a_name_exchanged_while_it_is_read_is_never_what_was_refused(files, place):
    inside = place / "in"
    (inside / "dir").mkdir()
    (inside / "dir" / "secret").write_bytes(b"fine")
    (inside / "file").write_bytes(b"fine")
    flipper = subprocess.Popen(
        [sys.executable, "-c", FLIPPER, str(inside), str(place / "out")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert flipper.stdin is not None
    assert flipper.stdout is not None
    flipper.stdout.readline()

    def judge(path):
        if path.startswith(str(place / "out")):
            raise Denied(path)

    outcomes = {"read": 0, "denied": 0}
    for number in range(4000):
        try:
            path = inside / ("file", "dir/secret")[number % 2]
            assert files.read_judged(str(path), LIMIT, judge) == b"fine"
            outcomes["read"] += 1
        except (Denied, ToolError):
            outcomes["denied"] += 1
    flipper.stdin.close()
    flipper.stdout.close()
    assert flipper.wait(30) == 0
    assert outcomes["read"] > 0


class Leaping:
    """The system calls, with a count of the steps that were leapt over by openat2."""

    def __init__(self, calls):
        self.leaps = 0
        self.walked = []
        self._calls = calls

    def __getattr__(self, name):
        return getattr(self._calls, name)

    def open_beneath(self, folder, path, flags):
        fd = self._calls.open_beneath(folder, path, flags)
        self.leaps += fd is not None
        return fd

    def statat(self, folder, name, follow):
        self.walked.append(name)
        return self._calls.statat(folder, name, follow)


def test_the_kernel_leaps_where_no_link_is_on_the_way_and_the_walk_does_the_rest(place):
    inside = place / "in"
    (inside / "sub" / "deep").mkdir()
    (inside / "sub" / "deep" / "up").symlink_to("../b.txt")
    (inside / "sub" / "deep" / "out").symlink_to("../../../out/secret")
    (inside / "away").symlink_to("sub")
    (inside / "outside").symlink_to(place / "out")
    for path, expected, leaps, walked in (
        ("sub/b.txt", b"below", 1, ["b.txt"]),
        ("a.txt", b"hello", 0, ["a.txt"]),
        ("away/b.txt", b"below", 0, ["away", "sub", "b.txt"]),
        ("sub/deep/up", b"below", 1, ["up", "sub", "deep", "up", "b.txt"]),
        ("sub/deep/out", None, 1, ["out", "sub", "deep", "out"]),
        ("outside/secret", None, 0, ["outside"]),
        ("sub/none/x", None, 0, ["sub", "none"]),
    ):
        calls = Leaping(fake_weft)
        folder = ConfinedFolder(calls, str(inside))
        if expected is None:
            with refusal(path):
                folder.read(path, LIMIT)
        else:
            assert folder.read(path, LIMIT) == expected
        assert (calls.leaps, calls.walked) == (leaps, walked), path
