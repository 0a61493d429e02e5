"""Documents with headers of their own, served over HTTP by a process of its own.

    python -m benchmarks.document_server FOLDER

FOLDER holds `index.json`, which gives for each path a file beside it and a list of headers. The port goes to standard
output. Other modules use `write_site` and `serving`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks import PROJECT
from benchmarks.desk import clean_environment

HOST = "127.0.0.1"
_INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class Document:
    """What is served at a path: the bytes, and headers beside Content-Length."""

    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


def write_site(folder: Path, documents: Iterable[Document]) -> None:
    """Write documents down for `serving`; those of an earlier call stay."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _INDEX
    index = json.loads(file.read_text("utf-8")) if file.exists() else {}
    for document in documents:
        name = f"{len(index)}.body"
        (folder / name).write_bytes(document.body)
        index[document.path] = {"file": name, "headers": document.headers}
    file.write_text(json.dumps(index), encoding="utf-8")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve what `write_site` wrote, and what it writes later, on a free port; yields the base address."""
    command = [sys.executable, "-m", "benchmarks.document_server", str(folder)]
    with subprocess.Popen(command, cwd=PROJECT, env=clean_environment(), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = server.stdout.readline().strip()
            if not port.isdecimal():
                raise RuntimeError(f"the document server did not start: {port!r}")
            yield f"http://{HOST}:{port}"
        finally:
            server.terminate()


def feed_of(title: str, links: Iterable[str]) -> bytes:
    """An RSS feed of title and link only."""
    items = "".join(
        f"<item><title>Item {place}</title><link>{link}</link></item>" for place, link in enumerate(links)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{title}</title>{items}'
        "</channel></rss>"
    ).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        """Answer with what the index says, else 404."""
        index = json.loads((self.folder / _INDEX).read_text("utf-8"))
        found = index.get(self.path)
        body = (self.folder / found["file"]).read_bytes() if found else b"not here"
        self.send_response(200 if found else 404)
        for name, value in found["headers"] if found else [("Content-Type", "text/plain")]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is none of our errors."""


def main() -> None:
    """Serve the folder named on the command line until the process is ended."""
    handler = type("Handler", (_Handler,), {"folder": Path(sys.argv[1])})
    server = _Server((HOST, 0), handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
