"""The app as it is served, on the database and the files of the test; and a browser's bare requests to it."""

from __future__ import annotations

import http.client
import os
import re
import resource
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.browser.server import free_port
from tests.conftest import PASSWORD
from tests.quests.conftest import photo

WAITRESS = [sys.executable, "-m", "flask", "serve"]
GUNICORN = [sys.executable, "-m", "gunicorn", "wsgi:app", "--worker-class", "gthread", "--threads", "8"]


class Server:
    """The app on the database and the files of the test, as many times as it is started: as `make run` serves
    it, or as it is deployed."""

    def __init__(self, app: Flask, command: list[str]) -> None:
        config = app.config["LIGHTUP"]
        self.port, self.root = free_port(), Path(app.root_path).parent
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR")}
        self.env = kept | {
            "FLASK_APP": "wsgi", "LIGHTUP_DATA": str(config.data), "DATABASE_URL": config.database_url,
            "MEDIA_URL": config.media_url, "SECRET_KEY": config.secret_key,
            "SEAL_KEYS": " ".join(config.seal_keys), "HOST": "127.0.0.1",
            "PORT": str(self.port), "RATE_LIMITS": "off",
        }  # fmt: skip
        self.command = [*command, "--bind", f"127.0.0.1:{self.port}"] if command is GUNICORN else command
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=self.root, env=self.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(600):
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
            assert self.process.poll() is None, "the server ended by itself"
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def fail_disk(self) -> None:
        """From now on every write to a file fails, of the server and of what it starts."""
        self._limit_files(0)

    def mend_disk(self) -> None:
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, most: int) -> None:
        assert self.process is not None
        pid = self.process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, workers)):
            resource.prlimit(each, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def ask(
        self, method: str, path: str, form: dict[str, Any] | None = None, cookie: str = ""
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of the answer. Raises OSError when there was none."""
        headers, body = {"Cookie": cookie}, b""
        if form is not None:
            boundary, body = encode_multipart(form)
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()


@contextmanager
def serving(app: Flask, command: list[str] = WAITRESS) -> Iterator[Server]:
    server = Server(app, command)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def sign_in(server: Server, login: str) -> tuple[str, str]:
    """The cookie of a signed-in browser, and the token that its forms carry."""
    _status, headers, page = server.ask("GET", "/login")
    session = headers["Set-Cookie"].split(";")[0]
    form = {"csrf_token": token_in(page), "login": login, "password": PASSWORD}
    status, headers, _page = server.ask("POST", "/login", form, session)
    assert status == 303, status
    # the token of the forms to come is kept in the cookie that their page brings
    _status, headers, page = server.ask("GET", "/me", cookie=headers["Set-Cookie"].split(";")[0])
    return headers["Set-Cookie"].split(";")[0], token_in(page)


def token_in(page: bytes) -> str:
    found = re.search(r'name="csrf(?:_token)?" (?:value|content)="([^"]+)"', page.decode())
    assert found, "no token on the page"
    return found[1]


PHOTOS = 2


class Member(threading.Thread):
    """Works through the quests over HTTP: begin, two photos, a sentence, send. A request without an answer is
    tried again with the same keys, as the page's script does.

    `begun`, `uploads`, `words` and `sent` are what the server has said yes to, `lost` how many answers never
    came, `wrong` the answers that were not yes.
    """

    def __init__(self, server: Server, login: str, quests: list[int], stop: threading.Event) -> None:
        super().__init__()
        self.server, self.name, self.quests, self.stop = server, login, quests, stop
        self.cookie, self.token = "", ""
        self.uploads: dict[str, int] = {}
        self.words: dict[int, str] = {}
        self.sent: list[int] = []
        self.begun: list[int] = []
        self.lost = 0
        self.wrong: list[str] = []

    def post(self, path: str, make: Callable[[], dict[str, Any]]) -> http.client.HTTPMessage:
        """Press until there is an answer."""
        while True:
            try:
                status, headers, page = self.server.ask(
                    "POST", path, make() | {"csrf_token": self.token}, self.cookie
                )
            except OSError:
                self.lost += 1
                if self.stop.is_set():
                    raise
                time.sleep(0.05)
                continue
            if status not in (200, 303):
                self.wrong.append(f"{status} {path} {page.decode()[:200]}")
            return headers

    def run(self) -> None:
        try:
            for quest in self.quests:
                if self.stop.is_set():
                    return
                self.work_on(quest)
        except OSError:
            return  # the last server is gone

    def work_on(self, quest: int) -> None:
        headers = self.post(f"/quests/{quest}/start", dict)
        work = int(urllib.parse.urlsplit(headers["Location"]).path.rsplit("/", 1)[1])
        self.begun.append(work)
        for number in range(PHOTOS):
            key = f"{work}-{number}"
            self.post(f"/work/{work}/evidence", lambda n=number, k=key: self.file(n, k))
            self.uploads[key] = work
        words = f"{self.name} {quest}"
        self.post(f"/work/{work}/save", lambda: {"text:line": words})
        self.words[work] = words
        form = {"whole": "1", "text:line": words, "ask_original": "1", "original": "1"}
        self.post(f"/work/{work}/submit", lambda: form)
        self.sent.append(work)

    def file(self, number: int, key: str) -> dict[str, Any]:
        picture = FileStorage(photo(40 + number * 50, (320, 240)), f"{key}.jpg")
        return {"step_key": "photos", "upload_key": key, "file": picture}
