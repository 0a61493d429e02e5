"""A command in a real terminal: a pseudo-terminal on whose keys a test presses."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 60.0
ROWS, WIDTH = 50, 100
CTRL_C = "\x03"
CTRL_D = "\x04"
UP = "\x1b[A"
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(raw: bytes) -> str:
    """What a person reads: without colours, and on one line."""
    return " ".join(_SEQUENCE.sub("", raw.decode("utf-8", "replace")).split())


@dataclass
class Terminal:
    """A process at a terminal of `ROWS` by `WIDTH`; `raw` is every byte that it wrote."""

    command: list[str]
    environment: dict[str, str]
    folder: Path
    raw: bytes = b""
    _read: int = 0
    _keys: int = field(init=False, default=-1)
    _process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Terminal:
        self._keys, screen = pty.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, WIDTH, 0, 0))
        environment = {name: value for name, value in self.environment.items() if name != "COLUMNS"}
        self._process = subprocess.Popen(
            self.command,
            stdin=screen,
            stdout=screen,
            stderr=screen,
            cwd=self.folder,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(screen)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._keys)

    @property
    def pid(self) -> int:
        """The process, which leads a group of its own."""
        return self._process.pid

    def press(self, keys: str) -> None:
        """Type, once the command listens to single keys; what is typed before that it throws away."""
        end = time.monotonic() + PATIENCE
        while termios.tcgetattr(self._keys)[3] & termios.ICANON:
            assert time.monotonic() < end, "the command does not listen to keys"
            time.sleep(0.01)
        os.write(self._keys, keys.encode())

    def wait_for(self, words: str) -> str:
        """Read on until these words stand on the screen; what was shown since the last call, without colours."""
        end = time.monotonic() + PATIENCE
        while True:
            shown = plain(self.raw[self._read :])
            if words in shown:
                self._read = len(self.raw)
                return shown
            assert time.monotonic() < end, f"waited for {words!r}:\n{shown[-3000:]}"
            assert self._more() or words in plain(self.raw[self._read :]), f"ended before {words!r}:\n{shown[-3000:]}"

    def end(self) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + PATIENCE
        while self._more():
            assert time.monotonic() < end, f"it has not ended:\n{plain(self.raw)[-3000:]}"
        return self._process.wait(PATIENCE)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._keys], [], [], 1.0)
        if not ready:
            return True
        try:
            piece = os.read(self._keys, 65_536)
        except OSError:  # the other side of a pseudo-terminal was closed
            return False
        self.raw += piece
        return bool(piece)
