"""A keyring for tests, chosen by PYTHON_KEYRING_BACKEND: one entry, and a service that is locked."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class Memory(KeyringBackend):
    """Knows the secret of `me` of `weft/openai`."""

    priority = 1

    def get_password(self, service, username):
        if service == "locked":
            raise KeyringLocked("it is locked")
        return "sk-kept" if (service, username) == ("weft/openai", "me") else None

    def set_password(self, service, username, password):
        raise NotImplementedError
