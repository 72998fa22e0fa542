"""A repository of its own for each test, small enough to be released in a moment."""

import subprocess
from pathlib import Path

import pytest

from release import plan

PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "clawft"
version = "0.1.0"
description = "A small tree"
readme = "README.md"
requires-python = ">=3.11"

[project.scripts]
weft = "clawft.__main__:main"

[tool.hatch.build.targets.wheel]
packages = ["clawft"]

[tool.hatch.build.targets.sdist]
only-include = ["README.md", "clawft", "pyproject.toml"]
"""
AGENT = """import sys
from importlib.metadata import version

def main():
    print("weft " + version("clawft") if "--version" in sys.argv else "completions for " + sys.argv[-1])

if __name__ == "__main__":
    main()
"""
TEXTS = {
    "pyproject.toml": PROJECT,
    "clawft/__init__.py": '"""A small agent."""\n',
    "clawft/__main__.py": AGENT,
    ".gitignore": "/build/\n/dist/\n__pycache__/\n",
    **{name: f"# {name}\n" for name in ("LICENSE", "NOTICE", "README.md")},
    **dict.fromkeys(plan.PAGES.values(), "# page\n"),
}


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        settings = ("-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false")
        environment = {
            "PATH": "/usr/bin:/bin",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.root),
            "GIT_AUTHOR_DATE": "2026-11-25T12:00:00Z",
            "GIT_COMMITTER_DATE": "2026-11-25T12:00:00Z",
        }
        done = subprocess.run(
            ["git", *settings, *words],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def commit(self, message: str, **texts: str) -> str:
        for name, text in (texts or {"log": message + self.git("rev-list", "--all", "--count")}).items():
            self.write(name, text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture
def new_repository(tmp_path):
    def make(name: str = "repository") -> Repository:
        made = Repository(tmp_path / name)
        made.commit("feat: begin", **TEXTS)
        return made

    return make


@pytest.fixture
def repository(new_repository):
    return new_repository()
