"""Real local servers that keep what they get: mail by SMTP, messages by HTTP."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class MailSink:
    """An SMTP server.

    Attributes:
        port: where it listens on the loopback address.
        mails: what it got: recipient and message.
    """

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Its address as Apprise writes it."""
        return f"mailto://127.0.0.1:{self.port}/?smtp=127.0.0.1&from=fleet@example.com&to=ops@example.com&mode=insecure"


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    sink = MailSink()

    class Session(socketserver.StreamRequestHandler):
        """Enough of RFC 5321 for a client that sends one message."""

        def handle(self) -> None:
            self._answer("220 sink")
            to = ""
            while line := self.rfile.readline():
                verb = line.decode().strip()
                if verb.upper().startswith("RCPT TO:"):
                    to = verb[8:].strip().strip("<>")
                if verb.upper() == "DATA":
                    self._answer("354 go on")
                    body = b""
                    while (piece := self.rfile.readline()) != b".\r\n":
                        body += piece.removeprefix(b".") if piece.startswith(b"..") else piece
                    mail = message_from_bytes(body, policy=policy.default)
                    assert isinstance(mail, EmailMessage)
                    sink.mails.append((to, mail))
                if verb.upper() == "QUIT":
                    self._answer("221 bye")
                    return
                self._answer("250 ok")

        def _answer(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)) as port:
        sink.port = port
        yield sink


@dataclass
class HttpSink:
    """An HTTP server for messages of Apprise's JSON form.

    Attributes:
        port: where it listens on the loopback address.
        messages: what it got: path and JSON document.
        status: what it answers.
    """

    port: int = 0
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: int = 200

    def address(self, path: str) -> str:
        """An address of it as Apprise writes it."""
        return f"json://127.0.0.1:{self.port}/{path}"

    def titles(self, path: str) -> list[str]:
        """The titles of the messages to a path."""
        return [document["title"] for where, document in self.messages if where == f"/{path}"]

    def text(self, path: str, ending: str) -> str:
        """The text of the one message to a path whose title ends so."""
        found = [
            document["message"]
            for where, document in self.messages
            if where == f"/{path}" and document["title"].endswith(ending)
        ]
        assert len(found) == 1, self.titles(path)
        return str(found[0])


@contextmanager
def http_sink() -> Iterator[HttpSink]:
    sink = HttpSink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.messages.append((self.path, json.loads(body)))
            self.send_response(sink.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        sink.port = port
        yield sink


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
