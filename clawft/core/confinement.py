"""What one child may touch, as a system is told: made by `security.confinement`, applied by runtimes."""

from __future__ import annotations


class Confinement:
    """What one child may touch. `rights`: (absolute path, Landlock rights); `system_calls`: a BPF program or b""."""

    __slots__ = ("handled_files", "handled_network", "rights", "scopes", "system_calls")

    def __init__(
        self,
        rights: tuple[tuple[str, int], ...],
        handled_files: int,
        handled_network: int,
        scopes: int,
        system_calls: bytes,
    ) -> None:
        self.rights = rights
        self.handled_files = handled_files
        self.handled_network = handled_network
        self.scopes = scopes
        self.system_calls = system_calls
