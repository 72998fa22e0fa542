"""What no command reaches though a policy were wrong: scenarios for kernels with Landlock 6 and seccomp."""

from clawft.core.confinement import Confinement
from clawft.core.errors import ProcessError
from clawft.core.process_pipeline import Ends, PipelineStage, run_pipeline
from clawft.core.processes import Command
from tests.native.scripts.command_tools import Tools, refused


async def memory_and_files_have_limits(runtime, place):
    tools = Tools(runtime, place)
    assert "MemoryError" in await tools.python("bytearray(2 << 30)")
    assert await tools.python("print(len(bytearray(200 << 20)))") == str(200 << 20)
    limits = "r.RLIMIT_CORE, r.RLIMIT_NOFILE, r.RLIMIT_CPU"
    script = "import resource as r; print(*[r.getrlimit(one)[1] for one in (" + limits + ")])"
    assert await tools.python(script) == "0 1024 61"


async def outside_of_the_workspace_nothing_is_read(runtime, place):
    tools = Tools(runtime, place)
    secret = place.folder + "/outside/secret.txt"
    for path in (
        secret,
        "../outside/secret.txt",
        "link_out",
        "link_folder/secret.txt",
        "/etc/shadow",
        "/proc/1/environ",
        "/proc/self/environ",
        "/root/.ssh/id_rsa",
        "/etc/ssl/private",
    ):
        end = await tools.planned("cat", path)
        assert end.exit_code == 1, path
        assert end.output == "", path
        assert "Permission denied" in end.errors or path.startswith("/root"), end.errors
    assert (await tools.planned("ls", "/root")).exit_code == 2
    assert (await tools.planned("ls", place.folder)).exit_code == 2
    for path in ("notes.txt", "link_in", "/etc/passwd", "/usr/bin/env"):
        assert (await tools.planned("head", "-c1", path)).exit_code == 0, path


async def outside_of_the_workspace_nothing_is_written(runtime, place):
    tools = Tools(runtime, place)
    outside = place.folder + "/outside"
    for words in (
        ("touch", outside + "/evil"),
        ("cp", "notes.txt", "link_folder/evil"),
        ("rm", outside + "/secret.txt"),
        ("mkdir", "/tmp/clawft-evil"),
        ("ln", outside + "/secret.txt", "hard"),
        ("mv", "notes.txt", outside + "/moved"),
        ("truncate", "-s0", "link_out"),
        ("mkfifo", "pipe"),
        ("mknod", "device", "c", "1", "3"),
    ):
        end = await tools.planned(*words)
        assert end.exit_code not in (0, -1), words
        assert "denied" in end.errors or "not permitted" in end.errors or "cross-device" in end.errors, (
            end.errors
        )
    assert runtime.files.list(outside) == ["secret.txt"]
    assert runtime.files.read(outside + "/secret.txt") == b"the secret outside\n"
    end = await tools.planned(
        "sh", "-c", "touch a && mkdir d && mv a d/b && ln -s d/b l && rm -r d l && echo done"
    )
    assert end.output == "done\n", end.errors


async def what_is_in_the_workspace_is_no_program(runtime, place):
    tools = Tools(runtime, place)
    end = await tools.planned("sh", "-c", "./ls; exec ./ls")
    assert "planted" not in end.output
    assert end.exit_code == 126, end.errors
    assert (await tools.planned("sh", "ls")).output == "planted\n"


async def a_command_has_no_sockets_and_no_new_rights(runtime, place):
    tools = Tools(runtime, place)
    for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"):
        told = await tools.python("import socket; socket.socket(socket." + family + ", socket.SOCK_DGRAM)")
        assert told.endswith("PermissionError: [Errno 13] Permission denied"), told
    assert await tools.python("import socket; print(len(socket.socketpair()))") == "2"
    assert await tools.python("import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))") == "1"
    for words in (("unshare", "-U", "true"), ("unshare", "-m", "true"), ("mount", "-t", "tmpfs", "x", "sub")):
        end = await tools.planned(*words)
        assert end.exit_code not in (0, -1), words
        # mount, which is root's for everybody, finds that it is not: or else that it may not
        said = [text for text in ("not permitted", "denied", "must be superuser") if text in end.errors]
        assert said, (words, end.errors)
    assert (await tools.python("import os; os.chroot('.')")).endswith(
        "[Errno 1] Operation not permitted: '.'"
    )
    assert (await tools.planned("env", "true")).exit_code == 0


async def a_command_cannot_signal_or_trace_what_is_not_its_own(runtime, place):
    tools = Tools(runtime, place)
    for number in (0, 9, 15):
        told = await tools.python("import os; os.kill(os.getppid(), " + str(number) + ")")
        assert told.endswith("PermissionError: [Errno 1] Operation not permitted"), told
    told = await tools.python("import ctypes, os; print(ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0))")
    assert told == "-1"
    assert (await tools.planned("sh", "-c", "sleep 60 & kill $! && echo killed")).output == "killed\n"


async def a_confinement_that_cannot_be_applied_keeps_the_program_from_starting(runtime, place):
    async def run(confinement):
        command = Command(("/usr/bin/echo", "ran"), "/", {}, confinement=confinement)
        kept = Ends(100)
        until_s = runtime.clock.monotonic_s() + 60
        await run_pipeline(runtime.processes, [PipelineStage(command, None, kept, kept)], until_s)
        return kept.ends()[0]

    for wrong in (
        Confinement((), 1 << 29, 0, 0, b""),
        Confinement((("/", 1 << 29),), 1, 0, 0, b""),
        Confinement((), 0, 0, 0, b"\xff" * 8),
    ):
        assert "cannot be confined" in await refused(run(wrong), ProcessError)
    assert await run(Confinement((("/usr", 0b1101), ("/nosuch", 1)), 0b1111, 0, 0, b"")) == b"ran\n"


CONFINED = [
    memory_and_files_have_limits,
    outside_of_the_workspace_nothing_is_read,
    outside_of_the_workspace_nothing_is_written,
    what_is_in_the_workspace_is_no_program,
    a_command_has_no_sockets_and_no_new_rights,
    a_command_cannot_signal_or_trace_what_is_not_its_own,
    a_confinement_that_cannot_be_applied_keeps_the_program_from_starting,
]
