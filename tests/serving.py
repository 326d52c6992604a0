"""A server in a process of its own, and what a test does with it."""

import http.client
import json
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).parent / "fixtures" / "serve" / "fake_site.py"
PATIENCE = 20


@dataclass
class Serving:
    process: subprocess.Popen
    said: queue.Queue
    port: int = 0

    def next(self, *kinds):
        """Wait for the next thing that the server says of one of these kinds."""
        while True:
            kind, value = self.said.get(timeout=PATIENCE)
            assert kind != "end", "the server ended"
            if kind in kinds:
                return value

    def get(self, path, method="GET", host=None, headers=()):
        """Send a request exactly as spelled, and return status, headers and body."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", *headers]
        return self.send("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"), method)

    def send(self, request, method="GET"):
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            with http.client.HTTPResponse(connection, method=method) as answer:
                answer.begin()
                return answer.status, answer.headers, answer.read().decode()

    def version(self, path):
        return re.search(r'data-version="([^"]+)"', self.get(path)[2])[1]

    @contextmanager
    def events(self, since="", headers=()):
        """Listen as a page does: yields what returns the next (problems, version, changed)."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            lines = [f"GET /-/events?since={since} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *headers]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            with http.client.HTTPResponse(connection) as answer:
                answer.begin()
                assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
                yield lambda: _news(answer)

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


def _news(answer):
    fields = {}
    while "reload" not in fields:
        event = dict(
            line.split(": ", 1) for line in iter(lambda: answer.readline().decode().rstrip("\n"), "")
        )
        if "event" in event:
            fields[event["event"]] = event
    reload = fields["reload"]
    return json.loads(fields["problems"]["data"]), reload["id"], json.loads(reload["data"])


@contextmanager
def serving(folder, host="127.0.0.1", port=0, script=SCRIPT):
    """Serve the site of `folder` until the block ends."""
    command = [sys.executable, str(script), str(folder), host, str(port)]
    with (
        (folder / "stderr.log").open("w+") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        server = Serving(process, queue.Queue())
        listener = threading.Thread(target=_listen, args=(process.stdout, server.said), daemon=True)
        listener.start()
        try:
            announced = server.next("announce")
            server.port = int(re.search(r":(\d+)/", announced)[1])
            yield server
        finally:
            process.terminate()
            # Popen closes the pipe when it leaves: not under a thread that still reads it.
            listener.join(PATIENCE)


def _listen(lines, said):
    for line in lines:
        said.put(json.loads(line))
    said.put(("end", None))


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
