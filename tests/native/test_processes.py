"""Children of the executables: pipes of any size, folders, variables, limits, groups, and how they end."""

from __future__ import annotations

import ast
import errno

import pytest

from tests.native.process import Scripts


@pytest.fixture
def scripts(test_build, tmp_path):
    return Scripts(test_build, tmp_path)


@pytest.mark.parametrize(
    ("output", "errors"), [(0, 0), (1, 1), (3_000_000, 0), (0, 3_000_000), (2_000_000, 2_000_000)]
)
def test_output_of_any_size_on_two_pipes_arrives_whole(scripts, output, errors):
    lines = f"""
status, output, errors = run(CHILD + ("flood", "{output}", "{errors}"))
result = status, output == b"0" * {output}, errors == b"1" * {errors}
"""
    assert scripts.result(lines) == (0, True, True)


def test_errors_can_go_where_the_output_goes(scripts):
    lines = """
status, output, errors = run(CHILD + ("flood", "70000", "70000"), _weft.SPAWN_JOINED)
result = status, sorted(set(output)), len(output), errors
"""
    assert scripts.result(lines) == (0, [ord("0"), ord("1")], 140000, b"")


def test_a_child_is_fed_more_than_a_pipe_holds_while_it_answers(scripts):
    lines = """
process, given, output, errors = _weft.spawn(CHILD + ("copy",), None, None, _weft.SPAWN_INPUT, ())
data = bytes(range(256)) * 4000
left = data
heard = []
_weft.want_write(given, True)
while True:
    ready = _weft.wait(ALL, (output, given) if left else (output,))
    assert ready
    if left and given in ready:
        left = left[_weft.write(given, left[:100000]):]
        if not left:
            _weft.close(given)
    if output in ready:
        piece = _weft.read(output, 65536)
        if piece == b"":
            break
        if piece:
            heard.append(piece)
_weft.close(output)
result = b"".join(heard) == data, finish(process, [errors])
"""
    assert scripts.result(lines) == (True, (0, [b""]))


def test_without_an_input_pipe_a_child_reads_the_end_at_once(scripts):
    assert scripts.result('result = run(CHILD + ("copy",))') == (0, b"", b"")


def test_a_child_runs_in_the_folder_it_is_given(scripts):
    # Made from within: wine knows another machine's name for it.
    lines = """
_weft.mkdir("a folder → there", 0o700)
result = run(CHILD + ("folder",), folder="a folder → there")
"""
    status, output, errors = scripts.result(lines)
    assert (status, errors) == (0, b"")
    assert ast.literal_eval(output.decode()).replace("\\", "/").endswith("/a folder → there")


def test_a_child_has_the_variables_it_is_given_and_no_others(scripts):
    lines = """
here = [name + "=" + text for name, text in _weft.environ().items() if name != "A"]
given = tuple(here + ["B=b =→"])
result = run(CHILD + ("variables",))[1], run(CHILD + ("variables",), environment=given)[1]
"""
    inherited, given = scripts.result(lines, A="a")
    assert ast.literal_eval(inherited.decode()) == [("A", "a")]
    assert ast.literal_eval(given.decode()) == [("B", "b =→")]


def test_words_arrive_as_they_are(scripts):
    words = ["", "a b", 'quo"ted', "back\\slash\\", '\\"', "%PATH%", "$HOME", "*", "é→", "'"]
    status, output, _ = scripts.result(f'result = run(CHILD + ("words",) + {tuple(words)!r})')
    assert status == 0
    assert ast.literal_eval(output.decode()) == words


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
def test_an_exit_code_arrives(scripts, code):
    assert scripts.result(f'result = run(CHILD + ("exit", "{code}"))')[0] == code


def test_a_signal_that_ended_a_child_is_a_number_below_zero(scripts):
    lines = """
process, _, output, errors = _weft.spawn(CHILD + ("sleep",), None, None, 0, ())
first = _weft.exit_status(process), _weft.wait(50, (process,))
_weft.kill(process, 15)
result = first, finish(process, [output, errors])
"""
    assert scripts.result(lines) == ((None, ()), (-15, [b"", b""]))


def test_the_whole_group_is_killed(scripts):
    command = (
        ("cmd", "/c", "cmd /c pause & exit 0") if scripts.is_windows else ("sh", "-c", "sleep 60 & sleep 60")
    )
    lines = f"""
process, given, output, errors = _weft.spawn({command!r}, None, None, _weft.SPAWN_INPUT | _weft.SPAWN_JOINED, ())
first = _weft.wait(300, (process,))
_weft.kill(process, 15)
start = _weft.monotonic_ms()
# Ends only when nobody has the pipe open any more.
status, _ = finish(process, [output])
result = first, status, _weft.monotonic_ms() - start < ALL
"""
    assert scripts.result(lines) == ((), -15, True)


def test_closing_a_process_kills_what_still_runs(scripts):
    command = (
        ("cmd", "/c", "cmd /c pause & exit 0") if scripts.is_windows else ("sh", "-c", "sleep 60 & sleep 60")
    )
    lines = f"""
process, given, output, errors = _weft.spawn({command!r}, None, None, _weft.SPAWN_INPUT | _weft.SPAWN_JOINED, ())
_weft.close(process)
while _weft.read(output, 1000) != b"":
    assert _weft.wait(ALL, (output,))
result = "gone"
"""
    assert scripts.result(lines) == "gone"


def test_a_limit_on_open_files_holds(scripts):
    if scripts.is_windows:
        pytest.skip("Windows limits memory, time and the number of processes, not files")
    lines = 'result = run(("sh", "-c", "ulimit -n"), limits=(("files", 50),))'
    assert scripts.result(lines) == (0, b"50\n", b"")


def test_a_limit_on_memory_holds(scripts):
    if scripts.is_emulated:
        pytest.skip("qemu lets no limit on memory through, and wine keeps none")
    lines = """
limits = (("memory_bytes", 100000000),)
result = run(CHILD + ("take", "1000000"), limits=limits), run(CHILD + ("take", "300000000"), limits=limits)
"""
    small, big = scripts.result(lines)
    assert small == (0, b"1000000\n", b"")
    assert big[:2] == (1, b"")
    assert b"out of memory" in big[2]


def test_an_unknown_limit_is_refused(scripts):
    lines = """
try:
    run(CHILD + ("exit", "0"), limits=(("patience", 1),))
except ValueError as error:
    result = "patience" in str(error)
"""
    if scripts.is_windows:
        pytest.skip("Windows leaves out what it cannot limit")
    assert scripts.result(lines) is True


def test_an_unknown_program_and_an_unknown_folder_are_told_apart(scripts):
    lines = """
result = []
for argv, folder in ((("no-such-program",), None), (CHILD, "no-such-folder")):
    try:
        run(argv, folder=folder)
    except OSError as error:
        result.append(error.args)
"""
    program, folder = scripts.result(lines)
    assert (program[0], folder[0]) == (errno.ENOENT, errno.ENOENT)
    assert "program" in program[1]
    assert "folder" in folder[1]


def test_a_child_that_ends_while_a_wait_tells_of_others_is_told_of_by_the_next(scripts):
    # With much to look through at every allocation, most of a wait is between finding what is ready and telling it.
    # The tuple of two fills its place in the heap, and what lies behind it is a pair that must stay as it is.
    lines = """
import gc
def start():
    process, given, output, errors = _weft.spawn(CHILD + ("copy",), None, None, _weft.SPAWN_INPUT, ())
    _weft.close(output)
    _weft.close(errors)
    return process, given
running = [start() for _ in range(8)]
ended = [running.pop() for _ in range(2)]
for process, given in ended:
    _weft.close(given)
    assert _weft.wait(ALL, (process,)) == (process,)
much = [(number, number) for number in range(10000)]
pairs = [None] * 600
places = [None] * 100
gc.threshold(1)
for number in range(500):
    pairs[number] = (number, number)
for number in range(100):
    places[number] = _weft.wait(0)
    pairs[500 + number] = (500 + number, 500 + number)
for number in range(100):
    places[number] = None
for process, given in running:
    _weft.close(given)
    ready = _weft.wait(0)
    while len(ready) == 2:
        ready = None
        ready = _weft.wait(0)
    _weft.close(process)
gc.threshold(-1)
result = [pair for pair in pairs if pair[0] != pair[1]]
"""
    assert scripts.result(lines) == []


def test_many_children_leave_nothing_behind(scripts):
    count = 10 if scripts.is_emulated else 40
    lines = f"""
for number in range({count}):
    assert run(CHILD + ("exit", str(number)))[0] == number
first = _weft.open(_weft.args()[1], _weft.O_RDONLY, 0)
_weft.fd_close(first)
result = first < 20, _weft.wait(0)
"""
    assert scripts.result(lines) == (True, ())
