"""Config files: a configuration that reads back as itself, or a ConfigError on one line."""

from __future__ import annotations

import json

from clawft.core.config import load_config
from clawft.core.errors import ConfigError
from clawft.core.fakes import FakeRuntime

HOME = "/home/user"
FILE = HOME + "/.clawft/config.json"


def seeds():
    from tests.core.test_config import UPSTREAM

    return [
        json.dumps(UPSTREAM).encode(),
        b"{}",
        b"",
        b'{"tools": {"restrict_to_workspace": false, "restrictToWorkspace": true}}',
        b'// a comment\n{"agents": {"defaults": {"max_tokens": 1e3, "model": "a/b",}}, /* b */}',
        b'{"providers": {"my-host": {"api_key": "k", "extra_headers": {"a": "b"}}}}',
        b'{"gateway": {"port": "80", "host": null}}',
        b'\xef\xbb\xbf{"a": "\\ud83d\\ude00", "a": [1, -2.5e3, true]}',
    ]


def check(data):
    config = loaded(data)
    if config is None:
        return
    text = json.dumps(config.effective())
    again = loaded(text.encode())
    assert again is not None
    assert again.effective() == config.effective()


def loaded(data):
    files = FakeRuntime().files
    files.contents[FILE] = data
    try:
        config = load_config(files, {}, HOME)
    except ConfigError as error:
        assert "\n" not in error.message
        return None
    for warning in config.warnings:
        assert "\n" not in warning
    return config
