"""Reads secrets of the system's keyring, by the package of that name: the extra `keyring`. CPython only."""

from __future__ import annotations

from clawft.core.errors import KeyringError


def secret(service: str, user: str) -> str | None:
    """What the keyring keeps for a user of a service, None for nothing. Raises KeyringError."""
    try:
        import keyring  # noqa: PLC0415 - an extra
        from keyring.errors import KeyringError as Refused  # noqa: PLC0415 - as above
    except ImportError:
        raise KeyringError(
            "the package keyring is not installed; run: pip install 'clawft[keyring]'"
        ) from None
    try:
        return keyring.get_password(service, user)
    except Refused as error:
        raise KeyringError(f"the keyring does not open: {error}") from error
    except Exception as error:
        raise KeyringError(f"the keyring's backend failed: {type(error).__name__}: {error}") from error
