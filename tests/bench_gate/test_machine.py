"""A machine's record is read from what Linux says of it; figures of one class are of the same kind of machine."""

from __future__ import annotations

import pytest

from bench import machine

CPUINFO = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz\n"


@pytest.fixture
def proc(tmp_path):
    (tmp_path / "cpuinfo").write_text(CPUINFO, "utf-8")
    (tmp_path / "meminfo").write_text("MemTotal:       24000000 kB\nMemFree: 1 kB\n", "ascii")
    (tmp_path / "loadavg").write_text("0.42 0.30 0.20 1/100 999\n", "ascii")
    (tmp_path / "stat").write_text("cpu  100 0 50 800 10 0 5 35 0 0\ncpu0 1 2 3\n", "ascii")
    return tmp_path


def test_what_linux_says(proc):
    found = machine.read(machine.Ticks(15, 800), proc)
    assert found.cpu == "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz"
    assert found.machine_class.endswith("-intel-xeon-platinum-8481c")
    assert (found.memory_bytes, found.load_1min) == (24_576_000_000, 0.42)
    assert found.steal_percent == pytest.approx(10.0)


def test_nothing_is_made_up_where_nothing_is_said(tmp_path):
    assert machine.ticks(tmp_path) == machine.Ticks(0, 0)
    found = machine.read(machine.Ticks(0, 0), tmp_path)
    assert (found.memory_bytes, found.load_1min, found.steal_percent) == (0, 0.0, 0.0)
    assert found.cores >= 1


@pytest.mark.parametrize(
    ("cpu", "expected"),
    [
        ("AMD EPYC 7763 64-Core Processor", "x86_64-linux-2cpu-amd-epyc-7763"),
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", "x86_64-linux-2cpu-intel-xeon"),
        ("", "x86_64-linux-2cpu-unknown"),
    ],
)
def test_a_class_names_the_processor_without_its_speed(cpu, expected):
    assert machine.class_of("x86_64", "Linux", 2, cpu) == expected
