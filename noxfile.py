"""Declares the sessions: what each installs, and the one line it runs. Everything else is in tools/ and tests/."""

import nox

nox.options.default_venv_backend = "uv"
nox.options.sessions = ["check", "tests", "portable", "flows"]

LOCKED = ("--require-hashes", "--constraints", "requirements.lock", "--requirements", "pyproject.toml")
CROSS = ("--group", "cross")
NOT_IN_TESTS = ("bench", "build", "flows", "native", "portable", "release", "system", "wasm")
OTHER_SESSIONS = tuple(f"--ignore=tests/{folder}" for folder in NOT_IN_TESTS)
WASM = ("--group", "wasm", "--group", "test", "--group", "portable", "--group", "bench")
MEASURING = ("--group", "test", "--group", "bench", "--group", "nox", "--group", "wasm", *CROSS)
RELEASING = ("--group", "release", "--group", "bench", "--group", "build")
AS_IT_IS = ("--no-deps", "--no-index", "--no-build-isolation", "--reinstall-package", "clawft")


@nox.session
def check(session: nox.Session) -> None:
    """Lint, layout, types, layers, the portable dialect, locks and prices."""
    session.install(*LOCKED, "--group", "dev", *RELEASING)
    session.install(*AS_IT_IS, "--editable", ".")
    session.run("python", "-m", "tools.check", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Everything under tests/ that has no session of its own."""
    session.install(
        *LOCKED, "--group", "dev", "--group", "bench", "--group", "statistics", "--group", "vectors"
    )
    session.install(*AS_IT_IS, "--editable", ".")
    session.run("python", "-m", "pytest", *OTHER_SESSIONS, *session.posargs)


@nox.session
def portable(session: nox.Session) -> None:
    """The portable tests, on CPython and MicroPython as WebAssembly; `-- --features F` in executables with F, too.

    F is none, default, all, or names with commas. The test builds are made first, for every target that runs here or
    those that `--native T` names.
    """
    # Only what is asked for after `--` builds, and needs the 90 MB of the compiler.
    session.install(*LOCKED, "--group", "dev", *(CROSS if session.posargs else ()))
    session.install(*AS_IT_IS, "--editable", ".")
    session.run("python", "-m", "pytest", "tests/portable", *session.posargs)


@nox.session
def flows(session: nox.Session) -> None:
    """Every command as a real process, from the installed wheel."""
    session.install(*LOCKED, "--group", "test")
    session.install(*AS_IT_IS, ".")
    session.run("python", "-m", "pytest", "tests/flows", *session.posargs)


@nox.session
def system(session: nox.Session) -> None:
    """What needs Linux, root or namespaces, strace and shells: durability, permissions, full disks, completions."""
    session.install(*LOCKED, "--group", "test")
    session.install(*AS_IT_IS, ".")
    session.run("python", "-m", "pytest", "tests/system", *session.posargs)


@nox.session
def sources(session: nox.Session) -> None:
    """Fetch and check the third-party sources of the executables (`-- --sources DIR` only checks those in DIR)."""
    session.install(*LOCKED)
    session.run("python", "-m", "tools.sources", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """The executables for every target (`-- --target T`, `-- --host`, `-- --list`), into dist/."""
    session.install(*LOCKED, *CROSS)
    session.run("python", "-m", "tools.crossbuild", *session.posargs)


@nox.session
def wasm(session: nox.Session) -> None:
    """The WebAssembly artifacts, into dist/wasm/, held to their limits (`-- --profile`: what their bytes are)."""
    session.install(*LOCKED, *CROSS, *WASM)
    session.install(*AS_IT_IS, ".")
    session.run("python", "-m", "tools.wasm", *session.posargs)
    session.run("python", "-m", "bench.wasm_gate")
    session.run("python", "-m", "tools.wasm", "--test")
    session.run("python", "-m", "tools.crossbuild", "--host")
    session.run("python", "-m", "tools.crossbuild", "--host", "--test")
    session.run("python", "-m", "pytest", "tests/portable", "--wasm", "-m", "wasm")
    session.run("python", "-m", "pytest", "tests/wasm")


@nox.session
def executables(session: nox.Session) -> None:
    """The portable tests in the executables' test builds (as they are, by qemu, by wine), the flows with the host's."""
    session.install(*LOCKED, "--group", "test", "--group", "portable", *CROSS)
    session.run("python", "-m", "pytest", "tests/portable", "-m", "executable", "--features", "default")
    session.run("python", "-m", "tools.crossbuild", "--host")
    session.run("python", "-m", "pytest", "tests/flows", "--weft", "host")


@nox.session
def native(session: nox.Session) -> None:
    """The build itself, and what only executables have: run as they are, by qemu, by wine, or inspected."""
    session.install(*LOCKED, *MEASURING, "--group", "portable")
    session.install(*AS_IT_IS, ".")
    session.run("python", "-m", "tools.crossbuild", "--all")
    session.run("python", "-m", "tools.crossbuild", "--test")
    session.run("python", "-m", "pytest", "tests/build", "tests/native", *session.posargs)


@nox.session
def reproduce(session: nox.Session) -> None:
    """Every target, built twice in different places, gives the same bytes; `native` does this for two of them."""
    session.install(*LOCKED, "--group", "test", *CROSS)
    session.install(*AS_IT_IS, ".")
    every = {"CLAWFT_REPRODUCE": "all"}
    session.run("python", "-m", "pytest", "tests/build/test_reproducible.py", *session.posargs, env=every)


@nox.session
def speed(session: nox.Session) -> None:
    """How fast the agent starts and answers: prints ratios measured side by side; no figure fails it."""
    session.install(*LOCKED, "--group", "test")
    session.install(*AS_IT_IS, ".")
    session.run("python", "-m", "tests.bench.speed", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure and judge this tree beside an old one (`-- --quick`, `-- --against REF`, `-- --help`)."""
    session.install(*LOCKED, *MEASURING)
    session.install(*AS_IT_IS, "--editable", ".")
    session.run("python", "-m", "bench.main", *session.posargs)


@nox.session
def bench_selftest(session: nox.Session) -> None:
    """The gate works here: equal programs are not red, one that is 5 % slower is, and so is bad data. 15 minutes."""
    session.install(*LOCKED, *MEASURING)
    session.run("python", "-m", "bench.selftest", *session.posargs)


@nox.session
def bench_trend(session: nox.Session) -> None:
    """Where the figures of all runs of this machine changed their level."""
    session.install(*LOCKED, "--group", "bench")
    session.run("python", "-m", "bench.trend", *session.posargs)


@nox.session
def bench_peers(session: nox.Session) -> None:
    """Other agents, each from its registry, measured as ours is: writes docs/benchmarks/peers.md."""
    session.install(*LOCKED, *MEASURING)
    session.install(*AS_IT_IS, ".")
    session.run("python", "-m", "bench.peers", *session.posargs)


@nox.session
def changelog(session: nox.Session) -> None:
    """CHANGELOG.md's unreleased section, from the commits (`-- --check`, `-- --draft`, `-- --release VERSION`)."""
    session.install(*LOCKED, "--group", "release")
    session.run("python", "-m", "release.changelog", *session.posargs)


@nox.session
def release(session: nox.Session) -> None:
    """A commit as archives, wheel and sdist in dist/release/ (`-- --snapshot`, `-- --plan`, `-- VERSION`)."""
    session.install(*LOCKED, *RELEASING, *CROSS)
    session.run("python", "-m", "release", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """The same from the executables that stand in dist/ already, which are packed and not run."""
    session.install(*LOCKED, *RELEASING)
    session.run("python", "-m", "release", "--package", *session.posargs)


@nox.session
def verify(session: nox.Session) -> None:
    """Judge a release that was made, and run what runs here (`-- DIR`, `-- VERSION`)."""
    session.install(*LOCKED, *RELEASING)
    session.run("python", "-m", "release", "--verify", *session.posargs)


@nox.session
def release_tests(session: nox.Session) -> None:
    """What makes a release: plan, changelog, archives, image, signatures; of builds that are made up."""
    session.install(*LOCKED, "--group", "dev", *RELEASING)
    session.install(*AS_IT_IS, "--editable", ".")
    session.run("python", "-m", "pytest", "tests/release", *session.posargs)


@nox.session
def image(session: nox.Session) -> None:
    """The container image from dist/, into dist/image/, and started (`-- --no-start`)."""
    session.install(*LOCKED, *CROSS)
    session.run("python", "-m", "release.image", *session.posargs)


@nox.session
def search(session: nox.Session) -> None:
    """The property tests with new examples, two thousand each, where `tests` repeats the same hundred."""
    session.install(*LOCKED, "--group", "dev", "--group", "bench", "--group", "statistics")
    session.install(*AS_IT_IS, "--editable", ".")
    session.run("python", "-m", "pytest", "--hypothesis-profile=search", "-m", "hypothesis", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """What nobody thought of breaks no promise: the fuzz targets, 60 seconds each (`-- --seconds N TARGET`)."""
    session.install(*LOCKED, "--group", "dev", "--group", "fuzz")
    session.install(*AS_IT_IS, "--editable", ".")
    session.run("python", "-m", "tests.fuzz.run", *session.posargs)


@nox.session
def fuzz_briefly(session: nox.Session) -> None:
    """The fuzz targets, 2 seconds each, beginning with the same seed."""
    session.install(*LOCKED, "--group", "dev", "--group", "fuzz")
    session.install(*AS_IT_IS, "--editable", ".")
    session.run("python", "-m", "tests.fuzz.run", "--seconds", "2", "--seed", "1", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Make requirements.lock and nox.lock anew from pyproject.toml (`-- --upgrade` for newer versions)."""
    # Not by the lock that it makes: that lacks what is new in pyproject.toml.
    session.install("--require-hashes", "--requirements", "nox.lock")
    session.run("python", "-m", "tools.lock", *session.posargs)


@nox.session
def npm_lock(session: nox.Session) -> None:
    """Make tools/wasm/package-lock.json anew from the package.json beside it."""
    session.install(*LOCKED, "--group", "wasm")
    session.run("python", "-m", "tools.npm", "--lock")


@nox.session(
    venv_backend="none",
    requires=[
        "check",
        "tests",
        "portable",
        "flows",
        "system",
        "fuzz_briefly",
        "build",
        "executables",
        "native",
        "wasm",
        "release_tests",
    ],
)
def ci(session: nox.Session) -> None:
    """All that a change must pass."""


@nox.session(venv_backend="none", requires=["ci", "reproduce", "search", "fuzz", "speed", "bench_selftest"])
def full(session: nox.Session) -> None:
    """All that an issue must pass before it is closed."""
