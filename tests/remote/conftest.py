"""A host on this machine, a file system in memory, and an empty scratch folder."""

from __future__ import annotations

import base64
import io
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

fsspec = pytest.importorskip("fsspec")


class Host(ThreadingHTTPServer):
    """Serves bytes by path, `served`, and answers others as `answers` says; notes what was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.served: dict[str, bytes] = {}
        self.answers: dict[str, int] = {"/refused.fits": 403, "/broken.fits": 503, "/busy.fits": 429}
        self.asked: list[str] = []
        self.done = threading.Event()
        self.name = f"127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        path = self.path.partition("?")[0]
        body = self.server.served.get(path)
        login = "Basic " + base64.b64encode(b"user:pass word").decode()
        if path == "/private.fits" and self.headers.get("Authorization") != login:
            self.send_error(401)
        elif path in ("/cut.fits", "/slow.fits"):
            self.send_response(200)
            self.send_header("Content-Length", "5760")
            self.end_headers()
            self.wfile.write(bytes(2880))
            self.wfile.flush()
            if path == "/slow.fits":
                self.server.done.wait(60)
        elif body is None:
            self.send_error(self.server.answers.get(path, 404))
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *rest: Any) -> None:
        pass


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host that answers."""
    pytest.importorskip("aiohttp")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Host() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.done.set()
        server.shutdown()


@pytest.fixture
def sky() -> bytes:
    """The bytes of an exposure with a mask."""
    rng = np.random.default_rng(1)
    data = (rng.poisson(800, (48, 40)) + rng.normal(0, 6, (48, 40))) / 2
    mask = np.zeros(data.shape, np.uint8)
    mask[3, 4] = 1
    header = fits.Header({"BUNIT": "adu", "GAIN": 2.0, "RDNOISE": 6.0})
    hdus = fits.HDUList([fits.PrimaryHDU(data.astype(np.float32), header), fits.ImageHDU(mask, name="MASK")])
    out = io.BytesIO()
    hdus.writeto(out)
    return out.getvalue()


@pytest.fixture
def memory() -> Iterator[Any]:
    """The file system memory://, empty."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what is fetched lies."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder
