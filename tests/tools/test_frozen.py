"""The executables hold exactly what the manifest names, and all that this imports."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tools import dialect_tables
from tools.compiler import BuildError
from tools.frozen import (
    FEATURES_MODULE,
    VERSION_MODULE,
    WITHOUT_LINES,
    bytecode,
    features_module,
    frozen_files,
    lowered_sources,
    missing_imports,
    read_manifest,
)

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = """
ALWAYS = ["pack/"]
FEATURES = {"more": ["extra.py"], "gone": ["gone.py"]}
DEFAULT_FEATURES = ["more"]
NEVER = ["pack/private.py"]
ONLY_IN_TEST_BUILDS = ["pack/fakes.py"]
PACKED = ["pack/", "extra.py"]
NOT_PACKED = ["pack/b.py"]
ONLY_IN_WASM = ["pack/exports.py"]
ONLY_IN_COMPONENTS = ["pack/serve.py"]
NOT_IN_WASM = {"pack/child.py": "starts no process"}
NOT_PACKED_IN_WASM = ["main.py"]
ALONE_IN_WASM = ["pack/large.py"]
RENAMED = {"main.py": "pack/private.py"}
SHIMS = "shims/"
WITHOUT_FILE = {}
FROM_MICROPYTHON = {}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    modules = ("a", "child", "exports", "fakes", "large", "private", "serve")
    for name in ("clawft/embedded/manifest.py", "extra.py", *(f"pack/{module}.py" for module in modules)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    (tmp_path / "pack/inner").mkdir()
    (tmp_path / "pack/inner/b.py").write_text("")
    (tmp_path / "shims").mkdir()
    (tmp_path / "shims/functools.py").write_text("")
    (tmp_path / "clawft/embedded/manifest.py").write_text(MANIFEST)
    return tmp_path


def names(tree: Path, asked: str, *, is_test_build: bool = False, **kind: bool) -> list[str]:
    manifest = read_manifest(tree)
    selected = manifest.selected(asked)
    return list(frozen_files(manifest, selected, is_test_build=is_test_build, root=tree, **kind))


def test_exactly_what_the_manifest_names_is_frozen(tree: Path) -> None:
    always = ["functools.py", "main.py", "pack/a.py", "pack/child.py", "pack/large.py"]
    assert names(tree, "none") == always
    assert names(tree, "default") == ["extra.py", *always]


def test_a_sandbox_has_what_its_host_calls_and_not_what_it_cannot_do(tree: Path) -> None:
    of_module = ["functools.py", "main.py", "pack/a.py", "pack/exports.py", "pack/large.py"]
    assert names(tree, "none", is_wasm=True) == of_module
    assert names(tree, "none", is_wasm=True, is_component=True) == [*of_module, "pack/serve.py"]
    assert "pack/child.py" in names(tree, "none", is_wasm=True, is_test_build=True)


def test_in_webassembly_nearly_all_is_packed_in_two_blocks(tree: Path) -> None:
    manifest = read_manifest(tree)
    files = ("pack/a.py", "pack/b.py", "pack/large.py", "extra.py", "main.py")
    assert [manifest.block_in_wasm(name) for name in files] == [
        "others",
        "starts",
        "pack/large.py",
        "others",
        "",
    ]
    assert [manifest.block_of(name) for name in files] == ["pack/a.py", "", "pack/large.py", "extra.py", ""]
    assert manifest.known_missing(is_wasm=True) == {"pack.child"}
    assert manifest.known_missing(is_wasm=False) == set()


def test_packed_is_what_is_named_or_in_a_folder_that_is(tree: Path) -> None:
    manifest = read_manifest(tree)
    files = ("pack/a.py", "pack/b.py", "pack/inner/b.py", "extra.py", "main.py")
    assert [name for name in files if manifest.is_packed(name)] == ["pack/a.py", "extra.py"]


def test_a_test_build_has_the_fakes_as_well(tree: Path) -> None:
    assert "pack/fakes.py" in names(tree, "none", is_test_build=True)


def test_a_feature_whose_file_is_missing_is_an_error(tree: Path) -> None:
    with pytest.raises(BuildError, match=r"names gone\.py"):
        names(tree, "all")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            "more,telepathy",
            "no feature is called 'telepathy'. There are more, gone; none, default, all stand alone",
        ),
        ("moer", "no feature is called 'moer'; did you mean more? There are more, gone"),
        ("defualt", "did you mean default?"),
        ("more,all", "no feature is called 'all'"),
        ("", "no feature is called ''"),
    ],
)
def test_an_unknown_feature_is_answered_with_a_near_one(tree: Path, asked: str, says: str) -> None:
    with pytest.raises(BuildError, match=re.escape(says)):
        read_manifest(tree).selected(asked)


def test_features_are_taken_in_the_order_of_the_manifest_and_once() -> None:
    manifest = read_manifest()
    assert manifest.selected("services, exec,services") == ["exec", "services"]
    assert manifest.selected("none") == []
    assert manifest.selected("all") == list(manifest.features)


def test_a_build_knows_what_it_was_built_without() -> None:
    manifest = read_manifest()
    found: dict[str, tuple[str, ...]] = {}
    exec(features_module(manifest, manifest.selected("exec,vectors")), found)  # noqa: S102 - ours, just made
    assert (found["BUILT_IN"], found["LEFT_OUT"]) == (("exec", "vectors"), ("channels", "services"))
    exec(features_module(manifest, []), found)  # noqa: S102
    assert (found["BUILT_IN"], found["LEFT_OUT"]) == ((), tuple(manifest.features))


def test_the_table_of_features_says_what_the_manifest_and_the_extras_say() -> None:
    text = (ROOT / "docs" / "reference" / "features.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    manifest = read_manifest()
    rows = [
        [
            f"`{name}`",
            "yes" if name in manifest.default_features else "no",
            ", ".join(f"`{need}`" for need in project["optional-dependencies"][name]) or "none",
            ", ".join(f"`{file}`" for file in files) or "nothing yet",
        ]
        for name, files in manifest.features.items()
    ]
    found = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    assert found == rows


def test_a_manifest_with_another_table_is_refused(tree: Path) -> None:
    path = tree / "clawft/embedded/manifest.py"
    path.write_text(path.read_text() + "ALSO = []\n")
    with pytest.raises(BuildError, match="ALSO"):
        read_manifest(tree)


def test_an_import_of_what_is_not_frozen_is_found() -> None:
    sources = {
        "a/__init__.py": "",
        "a/b.py": "from a import c\nimport json\ndef f():\n    import zlib\n    from a.d import x\n",
        "a/c.py": "import a.b\n",
    }
    assert missing_imports(sources, frozenset({"json"})) == [
        "a/b.py:4 imports zlib, which is neither frozen nor built in",
        "a/b.py:5 imports a.d, which is neither frozen nor built in",
    ]


def test_this_tree_is_closed_under_its_imports() -> None:
    manifest = read_manifest()
    files = frozen_files(manifest, manifest.selected("all"), is_test_build=False)
    sources = lowered_sources(files) | {FEATURES_MODULE: features_module(manifest, [])}
    ours = {name: text for name, text in sources.items() if name.startswith("clawft/")}
    built_in = frozenset(
        {*dialect_tables.MODULES, *manifest.without_file, "_vectors", "_weft", "_json", "json", "gc"}
    )
    shims = {Path(name).stem for name in files if "/" not in name}
    assert missing_imports(ours, built_in | shims) == []


def test_all_portable_code_is_frozen_or_left_out_by_name() -> None:
    manifest = read_manifest()
    files = frozen_files(manifest, manifest.selected("all"), is_test_build=False)
    out = {*manifest.never, *manifest.only_in_test_builds, VERSION_MODULE, "clawft/__main__.py"}
    out |= {*manifest.only_in_wasm, *manifest.only_in_components}
    tree = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("clawft/**/*.py")}
    tree = {name for name in tree if not name.startswith(("clawft/host/", manifest.shims))}
    assert tree - out == {name for name in files if name.startswith("clawft/")}


def test_nothing_of_cpython_is_frozen() -> None:
    manifest = read_manifest()
    assert not any(
        name.startswith("clawft/host/")
        for name in frozen_files(manifest, manifest.selected("all"), is_test_build=True)
    )


def test_features_are_the_extras_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    manifest = read_manifest()
    assert [name for name in project["optional-dependencies"] if name != "keyring"] == list(manifest.features)
    assert set(manifest.default_features) <= set(manifest.features)


def test_the_version_comes_from_the_project(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[project]\nversion = "9.8.7"\n')
    assert lowered_sources({}, tree) == {VERSION_MODULE: 'VERSION = "9.8.7"\n'}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert lowered_sources({})[VERSION_MODULE] == f'VERSION = "{project["version"]}"\n'


def test_half_a_surrogate_pair_is_refused_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('x = 1\ny = "\\ud800"\n')
    with pytest.raises(BuildError, match=r"a\.py:2: half of a surrogate pair"):
        lowered_sources({"a.py": tmp_path / "a.py"})


def test_bytecode_is_made_once_and_carries_the_short_name(tmp_path: Path) -> None:
    first = bytecode({"clawft/a.py": "x = 1\n"}, tmp_path)
    assert b"clawft/a.py" in first[0].read_bytes()
    assert str(tmp_path).encode() not in first[0].read_bytes()
    stamp = first[0].stat().st_mtime_ns
    assert bytecode({"clawft/a.py": "x = 1\n"}, tmp_path) == first
    assert first[0].stat().st_mtime_ns == stamp
    assert bytecode({"clawft/a.py": "x = 2\n"}, tmp_path) != first
    with pytest.raises(BuildError, match=r"a\.py: mpy-cross"):
        bytecode({"a.py": "match x:\n    case 1: pass\n"}, tmp_path)


def test_bytecode_without_line_numbers_is_smaller_and_another_file(tmp_path):
    text = {"clawft/a.py": "def f(x):\n    assert x\n\n    return x\n"}
    with_lines, without = bytecode(text, tmp_path), bytecode(text, tmp_path, WITHOUT_LINES)
    assert with_lines != without
    assert without[0].stat().st_size < with_lines[0].stat().st_size
