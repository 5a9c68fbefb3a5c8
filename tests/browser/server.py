"""The demo programme, served as `make run` serves it, in a folder and a database of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

ROOT = Path(__file__).parents[2]
OURS = ("LIGHTUP_", "FLASK_", "DATABASE_URL", "REDIS_URL", "MEDIA_URL", "SECRET_KEY", "HOST", "PORT")
PASSWORD = "dianliang"  # of the four demo accounts, as the log-in page says


@dataclass(frozen=True)
class DemoServer:
    url: str
    database_url: str
    data: Path
    log: Path

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-6000:]


@contextmanager
def demo_server(folder: Path, name: str = "main") -> Iterator[DemoServer]:
    """Migrate, load the demo, serve on a free port; stopped by its process on leaving."""
    with own_database(folder, name) as database_url:
        port = free_port()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        env = kept | {
            "FLASK_APP": "wsgi",
            "LIGHTUP_DATA": str(folder / "data"),
            "DATABASE_URL": database_url,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "RATE_LIMITS": "off",
            "PYTHONUNBUFFERED": "1",
        }
        log = folder / "server.log"
        server = DemoServer(f"http://127.0.0.1:{port}", database_url, folder / "data", log)
        for command in (["db", "upgrade"], ["demo", "load"]):
            done = subprocess.run(
                [sys.executable, "-m", "flask", *command],
                cwd=ROOT, env=env, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise RuntimeError(f"flask {' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "flask", "serve"], cwd=ROOT, env=env, stdout=out, stderr=out
            )
            try:
                wait_for(server, process)
                yield server
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def wait_for(server: DemoServer, process: subprocess.Popen[bytes], seconds: int = 60) -> None:
    for _ in range(seconds * 10):
        try:
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the demo server does not answer\n{server.last_words()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_database(folder: Path, name: str) -> Iterator[str]:
    """A new SQLite file, or a new database on the server of TEST_DATABASE_URL, dropped at the end."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    wanted = os.environ.get("TEST_DATABASE_URL")
    if not wanted:
        yield f"sqlite:///{folder / 'data' / 'lightup.db'}"
        return
    address = make_url(wanted)
    database = f"{address.database}_browser_{name}"
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{database}"'))
        connection.execute(text(f'ALTER DATABASE "{database}" SET synchronous_commit = off'))
    try:
        yield address.set(database=database).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))
        admin.dispose()
