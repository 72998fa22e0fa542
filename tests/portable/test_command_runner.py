"""The command runner over fakes: what is kept of output, which variables are given, where programs are."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied, ToolError
from clawft.core.fake_processes import FakeChild
from clawft.core.fakes import FakeRuntime
from clawft.core.interfaces import Files, FileStat
from clawft.core.process_pipeline import Ends, Whole
from clawft.security.commands import CommandPolicy
from clawft.tools.command_runner import CommandRunner, command_environment, shown
from clawft.tools.exec import exec_tools
from clawft.tools.files import Workspace
from clawft.tools.programs import Programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def kept(data: bytes, limit_bytes: int, piece_bytes: int) -> str:
    sink = Ends(limit_bytes)
    for start in range(0, len(data), piece_bytes):
        sink.take(data[start : start + piece_bytes])
    return shown(sink)


def test_output_within_the_limit_is_whole_however_it_is_split():
    data = "ends with an ä".encode()
    for piece_bytes in range(1, len(data) + 1):
        assert kept(data, 2 * len(data), piece_bytes) == "ends with an ä"


def test_longer_output_keeps_both_ends_however_it_is_split():
    data = b"0123456789" * 10
    for piece_bytes in range(1, len(data) + 1):
        assert kept(data, 10, piece_bytes) == "01234\n[... 90 bytes left out ...]\n56789"
    assert kept(b"x" * 200000, 10, 65536) == "xxxxx\n[... 199990 bytes left out ...]\nxxxxx"


def test_a_character_that_is_cut_is_replaced():
    assert kept("aä0123456789ö".encode(), 4, 100) == "a\ufffd\n[... 11 bytes left out ...]\nö"


def test_a_whole_sink_says_when_there_is_more_than_it_may_hold():
    sink = Whole(4)
    sink.take(b"ab")
    sink.take(b"cd")
    assert (sink.data(), sink.is_over) == (b"abcd", False)
    sink.take(b"e")
    assert sink.is_over


def test_only_harmless_variables_are_handed_on():
    ours = {
        "OPENAI_API_KEY": "sk-1",
        "PATH": "/home/me/bin",
        "HOME": "/home/me",
        "LD_PRELOAD": "/tmp/x.so",
        "LANG": "de_AT.UTF-8",
        "LC_ALL": "../../x",
        "LC_TIME": "de_AT@euro",
        "TZ": "/etc/shadow",
    }
    assert command_environment(ours, "/w", "/bin") == {
        "PATH": "/bin",
        "HOME": "/w",
        "TERM": "dumb",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "de_AT.UTF-8",
        "LC_TIME": "de_AT@euro",
    }
    assert command_environment({"TZ": "Europe/Vienna"}, "/w", "/bin")["TZ"] == "Europe/Vienna"


def test_a_program_is_found_on_the_fixed_path_and_not_in_the_workspace():
    runtime = FakeRuntime()
    for path in ("/usr/bin/ls", "/bin/ls", "/usr/sbin/fsck", "/usr/local/bin/evil", "/tmp/evil"):
        runtime.files.add(path, b"")
    programs = Programs(runtime.files, "/usr/local", {"PATH": "/tmp"}, is_windows=False)
    assert programs.resolve("ls") == "/usr/bin/ls"
    assert programs.resolve("/bin/ls") == "/bin/ls"
    assert programs.resolve("/usr/sbin/fsck") == "/usr/sbin/fsck"
    for name in (
        "evil",
        "/tmp/evil",
        "/usr/local/bin/evil",
        "fsck",
        "nosuch",
        "./ls",
        "usr/bin/ls",
        "",
        "..",
        "/usr/bin/..",
    ):
        assert programs.resolve(name) is None, name


class WindowsFiles(Files):
    """One program."""

    def stat(self, path: str) -> FileStat | None:
        return FileStat("file", 1, 0.0) if path == "D:/Win/System32/where.exe" else None

    def real_path(self, path: str) -> str | None:
        return path.replace("/", "\\") if self.stat(path) is not None else None


def test_programs_of_windows_are_those_of_its_own_folder():
    programs = Programs(WindowsFiles(), "D:/work", {"SystemRoot": "D:\\Win"}, is_windows=True)
    assert programs.resolve("where") == "D:\\Win\\System32\\where.exe"
    assert programs.resolve("D:\\Win\\System32\\where.exe") == "D:\\Win\\System32\\where.exe"
    assert (
        Programs(WindowsFiles(), "d:\\win", {"SystemRoot": "D:\\Win"}, is_windows=True).resolve("where")
        is None
    )
    assert programs.resolve("cmd") is None
    assert (programs.path, programs.environment) == ("D:\\Win\\System32;D:\\Win", {"SystemRoot": "D:\\Win"})


def tools(runtime: FakeRuntime, recorded: list[str], private: tuple[str, ...] = ()) -> Any:
    for name in ("echo", "cat"):
        runtime.files.add("/usr/bin/" + name, b"")
    runtime.files.add("/w/in.txt", b"given")

    async def record(kind: str, subject: str, tool: str, session: str) -> None:
        recorded.append(kind + " " + subject + " " + tool + session)

    def policy(runner: CommandRunner, programs: Programs) -> CommandPolicy:
        return CommandPolicy("allowlist", (), (), runner.workspaces, runner.environment, programs.resolve)

    return exec_tools(runtime, Workspace(runtime.files, "/w", private), "/state", policy, record)


async def test_a_command_is_given_its_name_its_limits_and_the_file_it_reads(runtime):
    child = FakeChild([b"out"], [b"err"], 3)
    runtime.processes.children = [child]
    recorded: list[str] = []
    shell, _ = tools(runtime, recorded)
    result = await shell.call({"command": "cat - < in.txt", "timeout": 7})
    assert result == {"exit_code": 3, "stdout": "out", "stderr": "err", "duration_ms": 0}
    command = runtime.processes.commands[0]
    assert (command.argv, command.program, command.cwd) == (("cat", "-"), "/usr/bin/cat", "/w")
    assert dict(command.limits.pairs())["cpu_s"] == 8
    assert (child.given, child.is_input_closed, child.is_closed) == (b"given", True, True)
    assert recorded == ['command [["/usr/bin/cat","cat","-"]] exec_shell']


async def test_output_goes_to_a_file_when_the_command_has_ended(runtime):
    runtime.processes.children = [FakeChild([b"new\n"]), FakeChild([b"more\n"])]
    shell, _ = tools(runtime, [])
    result = await shell.call({"command": "echo > out.txt; echo >> out.txt"})
    assert (result["exit_code"], result["stdout"]) == (0, "")
    assert runtime.files.read("/w/out.txt") == b"new\nmore\n"


async def test_what_a_command_says_before_its_time_is_up_is_kept_and_not_written(runtime):
    runtime.processes.children = [FakeChild([b"begun"], None, None), FakeChild([b"begun"], None, None)]
    shell, spawn = tools(runtime, [])
    result = await spawn.call({"command": "echo", "timeout": 5})
    assert (result["stdout"], result["timed_out"], result["exit_code"]) == ("begun", True, -1)
    assert str(result["error"]).startswith("timeout after 5 s")
    await shell.call({"command": "echo > out.txt", "timeout": 5})
    assert runtime.files.read("/w/out.txt") is None


async def test_where_children_cannot_be_joined_a_pipe_is_refused_before_anything_starts(runtime):
    recorded: list[str] = []
    shell, _ = tools(runtime, recorded)
    try:
        await shell.call({"command": "echo | cat"})
    except ToolError as error:
        assert "pipes" in error.message
    else:
        raise AssertionError("it ran")
    assert (recorded, runtime.processes.commands) == ([], [])


async def test_what_the_policy_denies_does_not_start(runtime):
    recorded: list[str] = []
    shell, spawn = tools(runtime, recorded)
    for call in (shell.call({"command": "sh -c ls"}), spawn.call({"command": "sh", "args": ["-c", "ls"]})):
        try:
            await call
        except PolicyDenied as denied:
            assert denied.rule == "command.allowlist"
        else:
            raise AssertionError("it ran")
    assert (recorded, runtime.processes.commands) == ([], [])
