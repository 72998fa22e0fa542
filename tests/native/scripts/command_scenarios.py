"""What `exec_shell` and `spawn` promise, over real programs: for every runtime on Linux, in the portable dialect.

Each gets the runtime and a `Place`, whose folder `tests/native/command_place.py` has filled. Those in `CONFINED` need a
kernel that confines, those in `CONCURRENT` an event loop; those in `WINDOWS` are all that runs there.
"""

from clawft.cli.status import confinement_text
from clawft.core.errors import ProcessError, StorageError, ToolError
from clawft.core.process_pipeline import Ends, PipelineStage, run_pipeline
from clawft.core.processes import Command
from tests.native.scripts.command_tools import Place, Tools, Unconfined, refused
from tests.native.scripts.confinement_scenarios import CONFINED

BIG_BYTES = 20000000

# (line, exit code, output)
ORDINARY = [
    ("echo 'a  b' \"c\" d\\ e", 0, "a  b c d e\n"),
    ("cat notes.txt | grep -c line", 0, "3\n"),
    ("cat notes.txt | sort -r | head -1 | tr a-z A-Z", 0, "THIRD LINE\n"),
    ("grep -r needle .", 0, "./sub/deep.txt:a needle\n"),
    ("grep nothing notes.txt", 1, ""),
    ("find . -name '*.md'", 0, "./read.md\n"),
    ("diff notes.txt notes.txt && echo same", 0, "same\n"),
    ("wc -l < notes.txt", 0, "3\n"),
    ("cd sub && cat deep.txt", 0, "a needle\n"),
    ("ls *.md", 0, "read.md\n"),
    ("sort -r notes.txt > sorted.txt && head -1 sorted.txt", 0, "third line\n"),
    ("echo x >> log.txt; echo y >> log.txt; cat log.txt", 0, "x\ny\n"),
    ("echo one > made.txt; ls ma*.txt", 0, "made.txt\n"),
    ("false || echo no", 0, "no\n"),
    ("false && echo no", 1, ""),
    ("true && echo yes || echo no", 0, "yes\n"),
    ("! false", 0, ""),
    ("! true", 1, ""),
    ("true; false", 1, ""),
    ("false | true", 0, ""),
    ("true | false", 1, ""),
    ("cat <<EOF | sort\nb\na\nEOF", 0, "a\nb\n"),
    ("cat <<< word", 0, "word\n"),
    ("cat", 0, ""),
    ("echo lost | cat < notes.txt | head -1", 0, "first line\n"),
    ("echo gone > /dev/null", 0, ""),
    ("ls nosuch 2>/dev/null || echo none", 0, "none\n"),
    ("ls nosuch 2>&1 | grep -c nosuch", 0, "1\n"),
    ("ls nosuch 2> errors.txt; wc -l < errors.txt", 0, "1\n"),
    ("ls nosuch > both.txt 2>&1; grep -c nosuch both.txt", 0, "1\n"),
    ("ls nosuch 2>&1 > empty.txt | grep -c nosuch; wc -c < empty.txt", 0, "1\n0\n"),
    ("echo a > first.txt > second.txt; wc -c < first.txt; cat second.txt", 0, "0\na\n"),
    ("echo told >&2", 0, ""),
    ("echo kept | tee kept.txt | wc -c; cat kept.txt", 0, "5\nkept\n"),
    ("cat link_in", 0, "first line\nsecond line\nthird line\n"),
    ("yes | head -2", 0, "y\ny\n"),
    ("seq 3 | sed 's/2/two/' | cut -c1-2", 0, "1\ntw\n3\n"),
    ("TZ=UTC date -d @0 +%Y", 0, "1970\n"),
    ("echo $HOME/x | grep -c workspace/x", 0, "1\n"),
    ("mkdir -p new/inner && cp notes.txt new/inner && ls new/inner && rm -r new", 0, "notes.txt\n"),
    ("git log --format=%s", 0, "the first commit\n"),
    ("git status --short sub", 0, ""),
    ("python3 count.py 3", 0, "0 1 2\n"),
    ("echo given | cat /dev/stdin", 0, "given\n"),
]


async def ordinary_lines_do_what_they_do_in_a_shell(runtime, place):
    tools = Tools(runtime, place)
    for line, exit_code, output in ORDINARY:
        result = await tools.line(line)
        assert (result["exit_code"], result["stdout"]) == (exit_code, output), (line, result)
        assert "error" not in result, result
    assert (await tools.line("echo told >&2"))["stderr"] == "told\n"


async def twenty_megabytes_go_through_a_pipeline(runtime, place):
    tools = Tools(runtime, place)
    result = await tools.line("cat big.txt | cat | tr 0 1 | wc -c")
    assert result["stdout"] == str(BIG_BYTES) + "\n", result
    result = await tools.line("tr 0 1 < small.txt | cat | wc -c")
    assert result["stdout"] == "8000000\n", result
    assert (await tools.line("cat big.txt | head -c 3"))["stdout"] == "000"


async def long_output_keeps_both_its_ends_and_says_what_is_missing(runtime, place):
    result = await Tools(runtime, place).line("seq 1000000; seq 1000000 >&2")
    for stream in ("stdout", "stderr"):
        text = result[stream]
        assert text.startswith("1\n2\n3\n"), text[:100]
        assert text.endswith("\n999999\n1000000\n"), text[-100:]
        assert "[... 6864896 bytes left out ...]" in text
        assert len(text) < 25000


async def a_file_that_would_be_too_long_is_not_written(runtime, place):
    tools = Tools(runtime, place)
    assert "16777216 bytes" in await refused(tools.line("cat big.txt > copy.txt"), ToolError)
    assert "16777216 bytes" in await refused(tools.line("yes > copy.txt"), ToolError)
    assert (await tools.line("ls copy.txt"))["exit_code"] == 2
    assert (await tools.line("cat small.txt > copy.txt; wc -c < copy.txt"))["stdout"] == "8000000\n"


# A machine that is busy with other things may start nothing in the first of these.
TIMEOUTS_S = (2.0, 8.0, 30.0)


async def at_the_timeout_all_is_killed_and_what_was_said_kept(runtime, place):
    tools = Tools(runtime, place)
    for timeout_s in TIMEOUTS_S:
        result = await tools.line("echo begun; sleep 60 | cat; echo late", timeout_s)
        assert result["timed_out"] is True
        assert result["error"].startswith("timeout after %g s" % timeout_s), result
        assert "late" not in result["stdout"], result
        if result["stdout"]:
            break
    assert (result["exit_code"], result["stdout"]) == (-1, "begun\n"), result
    # Were one of these left, it would hold the pipe and say something late.
    script = "trap '' TERM; (trap '' TERM; echo child; sleep 60; echo late) & echo begun; wait"
    for timeout_s in TIMEOUTS_S:
        end = await tools.planned("sh", "-c", script, timeout_s=timeout_s)
        assert end.is_timed_out
        assert "late" not in end.output, end.output
        if len(end.output.split()) == 2:
            break
    assert sorted(end.output.split()) == ["begun", "child"], end.output
    assert "timed_out" not in await tools.line("echo quick", 30.0)


async def a_signal_that_ends_a_program_is_told(runtime, place):
    end = await Tools(runtime, place).planned("sh", "-c", "kill -9 $$")
    assert (end.exit_code, end.signal) == (-1, 9)


async def a_timeout_is_above_zero_and_at_most_five_minutes(runtime, place):
    tools = Tools(runtime, place)
    for wrong in (0, -1, 301):
        assert "timeout" in await refused(tools.line("true", wrong), ToolError)
        work = tools.spawn.call({"command": "true", "timeout": wrong})
        assert "timeout" in await refused(work, ToolError)
    assert (await tools.line("true", 300))["exit_code"] == 0
    assert tools.recorded == [("command", '[["/usr/bin/true","true"]]', "exec_shell")]


async def a_redirection_that_fails_keeps_its_program_from_starting(runtime, place):
    tools = Tools(runtime, place)
    for line in (
        "tee started < nosuch",
        "tee started > sub",
        "tee started > nofolder/x",
        "echo x | tee started > sub",
    ):
        result = await tools.line(line)
        assert (result["exit_code"], result["stdout"]) == (1, ""), (line, result)
        assert result["stderr"].startswith("tee: "), result
    assert (await tools.line("ls started"))["exit_code"] == 2


async def what_is_about_to_run_is_on_record_before_it_runs(runtime, place):
    tools = Tools(runtime, place)
    await tools.line("echo a | cat && false && echo never; true")
    assert [subject for _, subject, _ in tools.recorded] == [
        '[["/usr/bin/echo","echo","a"],["/usr/bin/cat","cat"]]',
        '[["/usr/bin/false","false"]]',
        '[["/usr/bin/true","true"]]',
    ], tools.recorded

    async def fail(kind, subject, tool, session):
        raise StorageError("the disk is full")

    tools = Tools(runtime, place, record=fail)
    assert "full" in await refused(tools.line("mkdir unrecorded"), StorageError)
    assert (await Tools(runtime, place).line("ls unrecorded"))["exit_code"] == 2


async def spawn_takes_arguments_as_they_are(runtime, place):
    tools = Tools(runtime, place)
    result = await tools.spawn.call(
        {"command": "echo", "args": ["*.md", "$HOME", "a;b", "|"], "description": "to see"}
    )
    assert result == {
        "exit_code": 0,
        "stdout": "*.md $HOME a;b |\n",
        "stderr": "",
        "command": "echo",
        "description": "to see",
    }
    assert "command." in await refused(tools.spawn.call({"command": "sh", "args": ["-c", "ls"]}))
    assert tools.recorded == [("command", '[["/usr/bin/echo","echo","*.md","$HOME","a;b","|"]]', "spawn")]


async def only_programs_of_the_system_run(runtime, place):
    tools = Tools(runtime, place)
    # A program of that name is in the workspace; it would say so.
    assert "planted" not in (await tools.line("ls notes.txt"))["stdout"]
    for line in (
        "python3 -c 1",
        "python3 other.py",
        "echo 1 | python3",
        "./ls",
        "PATH=. ls",
        place.workspace + "/ls",
        "/tmp/../" + place.workspace + "/ls",
    ):
        assert "command." in await refused(tools.line(line)), line
    assert (await tools.line("/usr/bin/ls notes.txt"))["stdout"] == "notes.txt\n"
    assert (await tools.planned("sh", "-c", "echo $0 $PATH")).output == "sh /usr/local/bin:/usr/bin:/bin\n"
    assert "no such program" in await refused(tools.planned("nosuchprogram"))


async def links_that_lead_out_are_refused(runtime, place):
    tools = Tools(runtime, place)
    for line in (
        "cat link_out",
        "cat < link_out",
        "echo x > link_out",
        "echo x >> link_out",
        "cat link_folder/secret.txt",
        "ls link_folder/",
        "cp notes.txt link_folder/evil.txt",
        "grep -r secret sub link_folder",
        "echo x > link_folder/evil.txt",
    ):
        assert "path.outside" in await refused(tools.line(line)), line
    assert "no such file" in await refused(tools.line("cd link_folder && ls"), ToolError)
    assert tools.recorded == []
    assert (await tools.line("rm link_removed && cat link_in_folder/deep.txt"))["stdout"] == "a needle\n"


async def no_variable_of_ours_reaches_a_command(runtime, place):
    assert "sk-secret" in runtime.environment["ANTHROPIC_API_KEY"]
    tools = Tools(runtime, place)
    lines = (await tools.planned("env")).output.split("\n")
    names = sorted([line.partition("=")[0] for line in lines if line])
    expected = [
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "HOME",
        "LANG",
        "LC_TIME",
        "PATH",
        "TERM",
        "TMPDIR",
        "TZ",
    ]
    assert names == expected, lines
    assert "HOME=" + place.workspace in lines
    assert "TZ=Europe/Vienna" in lines
    assert "LC_TIME=C" in lines


async def temporary_files_are_gone_afterwards(runtime, place):
    tools = Tools(runtime, place)
    end = await tools.planned(
        "sh", "-c", "mktemp && mkdir -p $TMPDIR/a/b && ln -s / $TMPDIR/a/out && touch $TMPDIR/a/b/c"
    )
    assert end.output.startswith(place.state + "/commands/"), (end.output, end.errors)
    assert runtime.files.list(place.state + "/commands") == []
    await tools.planned("sh", "-c", "touch $TMPDIR/x; sleep 60", timeout_s=4.0)
    assert runtime.files.list(place.state + "/commands") == []


async def nothing_runs_where_the_workspace_holds_our_state(runtime, place):
    inside = Tools(runtime, place, private=(place.workspace + "/.state",))
    assert "may hold keys" in await refused(inside.line("ls"), ToolError)
    assert inside.recorded == []
    linked = Place(place.folder)
    linked.workspace = place.folder + "/linked"
    inside = Tools(runtime, linked, private=(place.workspace + "/sub",))
    assert "may hold keys" in await refused(inside.line("ls"), ToolError)
    assert (await Tools(runtime, linked).line("cat sub/deep.txt"))["stdout"] == "a needle\n"
    assert (await Tools(runtime, place, private=(place.state,)).line("true"))["exit_code"] == 0


async def without_a_kernel_that_confines_commands_run_and_status_says_so(runtime, place):
    processes = Unconfined(runtime.processes)
    tools = Tools(runtime, place, processes=processes)
    assert (await tools.line("cat notes.txt | wc -l"))["stdout"] == "3\n"
    assert processes.confined == []
    version, machine = processes.confining
    told = confinement_text({"landlock": version, "seccomp": bool(machine)})
    assert told.startswith("none: "), told
    assert confinement_text({"landlock": 7, "seccomp": True}) == "Landlock 7, seccomp"


async def a_pipeline_of_which_one_cannot_start_leaves_nothing_running(runtime, place):
    kept = Ends(100)
    commands = [Command(("/usr/bin/yes",), "/", {}), Command(("/usr/bin/nosuch",), "/", {})]
    stages = [PipelineStage(command, None, kept, kept) for command in commands]
    until_s = runtime.clock.monotonic_s() + 60
    assert "nosuch" in await refused(run_pipeline(runtime.processes, stages, until_s), ProcessError)


async def five_programs_run_at_once_and_no_more(runtime, place):
    tools = Tools(runtime, place)
    refusals = []

    async def spawn():
        try:
            result = await tools.spawn.call({"command": "sleep", "args": ["1"]})
            assert result["exit_code"] == 0, result
        except ToolError as error:
            refusals.append(error.message)

    await runtime.together([spawn() for _ in range(7)])
    assert len(refusals) == 2
    assert "concurrency limit reached" in refusals[0]
    await spawn()
    assert len(refusals) == 2


async def programs_of_windows_run(runtime, place):
    tools = Tools(runtime, place)
    result = await tools.line("hostname > name.txt && hostname >> name.txt")
    assert (result["exit_code"], result["stdout"]) == (0, ""), result
    name = (await tools.line("hostname"))["stdout"]
    assert runtime.files.read(place.workspace + "/name.txt") == (name + name).encode()
    # In wine findstr does nothing: what it would say is not asked.
    assert (await tools.line("findstr second < notes.txt && hostname"))["stdout"] == name
    assert (await tools.spawn.call({"command": "hostname"}))["stdout"] == name
    assert "command." in await refused(tools.line("./hostname"))
    assert "path.outside" in await refused(tools.line("findstr x < ../outside/secret.txt"))


async def pipes_between_programs_of_windows_are_refused(runtime, place):
    tools = Tools(runtime, place)
    assert "pipes" in await refused(tools.line("hostname | findstr x"), ToolError)
    assert tools.recorded == []


SCENARIOS = [
    ordinary_lines_do_what_they_do_in_a_shell,
    twenty_megabytes_go_through_a_pipeline,
    long_output_keeps_both_its_ends_and_says_what_is_missing,
    a_file_that_would_be_too_long_is_not_written,
    at_the_timeout_all_is_killed_and_what_was_said_kept,
    a_signal_that_ends_a_program_is_told,
    a_timeout_is_above_zero_and_at_most_five_minutes,
    a_redirection_that_fails_keeps_its_program_from_starting,
    what_is_about_to_run_is_on_record_before_it_runs,
    spawn_takes_arguments_as_they_are,
    only_programs_of_the_system_run,
    links_that_lead_out_are_refused,
    no_variable_of_ours_reaches_a_command,
    temporary_files_are_gone_afterwards,
    nothing_runs_where_the_workspace_holds_our_state,
    without_a_kernel_that_confines_commands_run_and_status_says_so,
    a_pipeline_of_which_one_cannot_start_leaves_nothing_running,
]
CONCURRENT = [five_programs_run_at_once_and_no_more]
WINDOWS = [programs_of_windows_run, pipes_between_programs_of_windows_are_refused]


def scenarios(kind, is_emulated=False, is_windows=False):
    """Those that a runtime of a kind, "blocking" or "concurrent", runs."""
    if is_windows:
        return WINDOWS
    chosen = SCENARIOS + ([] if is_emulated else CONFINED)
    return chosen + (CONCURRENT if kind == "concurrent" else [])


def run_all(host, kind, folder, chosen, report):
    """Run every scenario; `report` is told the name and the error, None for none, of each."""
    run = host.run_concurrent if kind == "concurrent" else host.run_blocking
    for scenario in chosen:
        place = Place(folder + "/" + scenario.__name__)
        try:
            run(lambda runtime, scenario=scenario, place=place: scenario(runtime, place))
        except Exception as error:  # noqa: BLE001 - it is reported
            report(scenario.__name__, error)
        else:
            report(scenario.__name__, None)
