"""How much memory a process holds, as the kernel counts it. Only the standard library: peers.py runs elsewhere, too."""

from __future__ import annotations

from pathlib import Path


class Memory:
    """A process's resident set in bytes: now, and its peak since `forget` (proc(5): status, clear_refs)."""

    def __init__(self, pid: int | str = "self") -> None:
        self._folder = Path(f"/proc/{pid}")

    def forget(self) -> None:
        (self._folder / "clear_refs").write_text("5")

    def now(self) -> int:
        return self._read("VmRSS")

    def peak(self) -> int:
        return self._read("VmHWM")

    def _read(self, name: str) -> int:
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) << 10
