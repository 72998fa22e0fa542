"""A run of the benchmark that nobody made: a row of each kind, and the records around them."""

from __future__ import annotations

import random
from dataclasses import replace

from bench.history import entry_of
from bench.results import (
    Baseline,
    Comparison,
    Limit,
    Machine,
    OldSide,
    Results,
    Row,
    Run,
    Side,
)

COMMIT = "95e7887a0c1d2e3f405162738495a6b7c8d9eaf0"
OLD_COMMIT = "1afe378b0c1d2e3f405162738495a6b7c8d9eaf0"
NATIVE = "x86_64-linux-musl"


def side(*samples, value=None):
    return Side(samples[0] if value is None else value, samples)


def machine(**changed):
    known = Machine("x86_64-linux-2cpu-test", "Testium 5 at 2 GHz", 2, 25_000_000_000, "6.1.0", 0.4, 0.1)
    return replace(known, **changed)


def run(**changed):
    known = Run(
        id="20261125T120000Z-95e7887",
        started="2026-11-25T12:00:00+00:00",
        seconds=92.5,
        commit=COMMIT,
        is_dirty=False,
        mode="quick",
        seed=7,
        machine=machine(),
        toolchain="ab" * 32,
        old=OldSide(OLD_COMMIT, "merge-base", "HEAD is not on origin/main"),
        missing=(),
    )
    return replace(known, **changed)


def size_row(**changed):
    row = Row.of((NATIVE, "file", "bytes"), "exact", new=side(1_048_576.0), old=side(1_048_000.0))
    limit = Limit(15_000_000.0, "seed", "spec: native <= 15 MB")
    return replace(row, limit=limit, verdict="unchanged", reason="576 B more; 1 % is allowed", **changed)


def time_row(**changed):
    new, old = side(0.0011, 0.0010, 0.0012, 0.0011), side(0.0010, 0.0010, 0.0011, 0.0010)
    row = Row.of((NATIVE, "version", "time"), "p10", new=new, old=old, copy=old, control=side(0.0004, 0.0004))
    comparison = Comparison(1.08, 1.06, 1.10, 0.0004, 0.021, 4)
    known = replace(row, comparison=comparison, verdict="regressed", reason="8 % slower, at least 6 %")
    return replace(known, **changed)


def results(*rows, **changed):
    return Results(run(**changed), rows or (size_row(), time_row()))


def noisy(generator, level, rounds, spread=0.015):
    """Times as a busy machine gives them: most near the least, some far out."""
    return tuple(
        level * (1 + abs(generator.gauss(0, spread)) + (0.4 if generator.random() < 0.04 else 0.0))
        for _ in range(rounds)
    )


def low_side(samples):
    return Side(sorted(samples)[len(samples) // 10], samples)


def timed(generator, key, level, ratio, verdict, reason, rounds=40):
    """A row of paired times."""
    old, copy = (noisy(generator, level, rounds) for _ in range(2))
    new, control = noisy(generator, level * ratio, rounds), noisy(generator, 0.0003, rounds)
    row = Row.of(
        (*key, "time"),
        "p10",
        new=low_side(new),
        old=low_side(old),
        copy=low_side(copy),
        control=low_side(control),
    )
    comparison = Comparison(ratio, ratio * 0.985, ratio * 1.016, 0.0002 if ratio != 1 else 0.6, 0.021, rounds)
    limit = Limit(0.05, "seed", "design: start-up <= 50 ms") if key[1] == "version" else None
    return replace(row, comparison=comparison, limit=limit, verdict=verdict, reason=reason)


def exact(key, new, old, verdict="unchanged", reason="the same", **changed):
    row = Row.of(key, "exact", new=side(float(new)), old=side(float(old)))
    return replace(row, verdict=verdict, reason=reason, **changed)


PARTS = {
    "agent (frozen)": 521_000, "mbedTLS": 262_000, "libcurl": 231_000, "virtual machine": 176_000, "roots": 92_000,
    "port": 41_000, "C library": 33_000, "headers and unwind tables": 14_500, "literals and padding": 9_000,
    "crc": 900, "tables of names": 700,
}  # fmt: skip
SECTIONS = {
    ".text": 702_000,
    ".rodata": 598_000,
    ".data": 41_000,
    ".eh_frame": 14_500,
    ".init_array": 16,
    ".bss": 0,
}


def parts(metric, sizes, olds):
    return [
        exact((NATIVE, "file", f"{metric}:{name}"), size, olds.get(name, size))
        for name, size in sizes.items()
    ]


def full_results(**changed):
    """Something of everything that a report shows."""
    generator = random.Random(5)  # noqa: S311 - noise, and the same each time
    rows = [
        exact(
            (NATIVE, "file", "bytes"), 1_382_880, 1_371_104, "regressed", "1 % above our own limit: README",
            limit=Limit(1_370_000.0, "own", "README: 1.4 MB"), baseline=Baseline(1_371_104.0, OLD_COMMIT),
        ),
        exact((NATIVE, "file", "gzip_bytes"), 690_211, 687_004),
        exact((NATIVE, "file", "brotli_bytes"), 588_140, 586_990),
        exact((NATIVE, "file", "zstd_bytes"), 610_004, 609_112),
        *parts("symbol_bytes", PARTS, {"libcurl": 219_224}),
        *parts("section_bytes", SECTIONS, {}),
        exact((NATIVE, "file", "dynamic_symbols"), 0, 0),
        exact((NATIVE, "version", "system_calls"), 14, 16, "improved", "2 fewer"),
        timed(generator, (NATIVE, "version"), 0.00031, 1.082, "regressed", "at least 6.6 % slower, more than 3 %"),
        timed(generator, (NATIVE, "help"), 0.00062, 1.0, "unchanged", "within 3 %"),
        timed(generator, (NATIVE, "agent_offline"), 0.0021, 0.91, "improved", "at least 7.5 % faster"),
        timed(generator, ("cpython", "version"), 0.0174, 1.004, "unchanged", "within 3 %"),
        timed(generator, ("cpython", "help"), 0.0181, 1.02, "inconclusive", "would have seen 4.1 %, not 3 %"),
        timed(generator, ("cpython", "status"), 0.031, 1.03, "contaminated", "the copy of the old side is 2.2 % off"),
        replace(Row.of(("aarch64-linux-musl", "version", "time"), "p10"), reason="no qemu-aarch64-static here"),
        exact(("aarch64-linux-musl", "file", "bytes"), 1_402_100, 1_402_100),
    ]  # fmt: skip
    return results(*rows, **changed)


def full_history(runs=24):
    """Runs before it: the size grew once, times vary."""
    generator = random.Random(9)  # noqa: S311 - as above
    entries = []
    for number in range(runs):
        size = 1_290_000.0 if number < 15 else 1_371_104.0
        rows = (
            exact((NATIVE, "file", "bytes"), size, size),
            *(
                timed(
                    generator,
                    (name, "version"),
                    level * generator.gauss(1, 0.02),
                    1.0,
                    "unchanged",
                    "same",
                    5,
                )
                for name, level in ((NATIVE, 0.00031), ("cpython", 0.0174))
            ),
        )
        found = results(*rows, id=f"run-{number}", commit=f"{number + 16:x}".ljust(40, "0"))
        entries.append(entry_of(found))
    return entries
