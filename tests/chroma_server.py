"""A real `chroma run` on loopback, and a proxy before it that asks for a token, as one would put before it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class ChromaServer:
    """Runs while it is entered; `address` ends in a slash, a collection's name follows."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        self._folder = folder

    def __enter__(self) -> ChromaServer:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(self._folder)]
        environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1"}
        with self._folder.with_suffix(".log").open("w") as log:
            self._running = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.port)], stdout=log, stderr=log, env=environment
            )
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            assert self._running.poll() is None, self._folder.with_suffix(".log").read_text()
            time.sleep(0.2)
        raise AssertionError("chroma run does not listen")

    def kill(self) -> None:
        self._running.kill()
        self._running.wait()

    def __exit__(self, *error: object) -> None:
        self.kill()


class TokenProxy(ThreadingHTTPServer):
    """Passes on what brings the token in `header`, and answers 401 to the rest."""

    def __init__(self, port: int, token: str, header: str) -> None:
        super().__init__(("127.0.0.1", 0), _Pass)
        self.port, self.token, self.header = port, token, header
        self.address = f"http://127.0.0.1:{self.server_port}/"

    def __enter__(self) -> TokenProxy:
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Pass(BaseHTTPRequestHandler):
    server: TokenProxy

    def _pass(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get(self.server.header) != self.server.token:
            self.send_error(401, "no")
            return
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.port)
        upstream.request(self.command, self.path, content, {"Content-Type": "application/json"})
        answer = upstream.getresponse()
        body = answer.read()
        upstream.close()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _pass  # the names that http.server calls

    def log_message(self, *arguments: object) -> None:
        pass
