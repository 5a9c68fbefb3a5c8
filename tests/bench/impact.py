"""What the impact page costs in a small programme and in a large one, of somebody usual and of somebody who
helped thousands; print one table.

    python -m tests.bench.impact [--members 100000] [--small 1000] [--keep DIR] [--server URL]

Instructions: callgrind, as in tests.bench, on SQLite. Requests a second: gunicorn as deployed, beside the
bare page in turn. With --server these on PostgreSQL too, in a database of its own that is dropped after.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.__main__ import environment, get, instructions, load, million, server
from tests.bench.ledger import BIN, ROOT, databases, python

WHO = {"usual": "ten helped", "long": "five thousand helped"}
PAGES = {"impact": "/impact", "further": "/impact/people/further", "months": "/impact/months"}
WARM, TURNS = 40, 3
Ask = Callable[[str], tuple[int, int]]


def asked() -> tuple[list[tuple[str, str, Ask]], list[str]]:
    """The pages of both members; and the list that their statements go into."""
    from sqlalchemy import event

    from app import create_app
    from app.core.db import db
    from tests.bench.counted import client_of
    from tests.bench.pages import cookie_for

    app = create_app()
    statements: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        cookies = {login: cookie_for(app, login) for login in WHO}
    return [
        (f"{name}, {who}", path, client_of(app, cookies[login]))
        for login, who in WHO.items()
        for name, path in PAGES.items()
    ], statements


def cookies() -> dict[str, str]:
    """Both members signed in, for the server's requests."""
    from app import create_app
    from tests.bench.pages import cookie_for

    app = create_app()
    with app.app_context():
        return {login: cookie_for(app, login) for login in WHO}


def build(env: dict[str, str], members: int) -> None:
    subprocess.run([BIN / "flask", "db", "upgrade"], cwd=ROOT, env=env, check=True, stdout=sys.stderr)
    python(env, "tests.bench.impact_rows", str(members))


def rates(title: str, data: Path, bare: Path, settings: dict[str, str], clients: int, seconds: float) -> None:
    """Requests a second of each page, beside the bare page's in turn."""
    signed_in = json.loads(python(environment(data) | settings, "tests.bench.impact", "cookies"))
    found: dict[str, list[float]] = {}
    for _ in range(TURNS):
        with server("tests.bench.bare:app", bare) as (port, _pid):
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/login")
            cookie = connection.getresponse().headers["Set-Cookie"].split(";")[0]
            rate, _times, _statuses = load(port, get("/page", cookie), clients=clients, seconds=seconds)
            found.setdefault("bare page", []).append(rate)
        with server("wsgi:app", data, **settings) as (port, _pid):
            for login, who in WHO.items():
                for name, path in PAGES.items():
                    ask = get(path, signed_in[login])
                    load(port, ask, clients=clients, seconds=60, most=WARM)
                    rate, _times, statuses = load(port, ask, clients=clients, seconds=seconds)
                    assert statuses == {200}, (path, statuses)
                    found.setdefault(f"{name}, {who}", []).append(rate)
    base = statistics.median(found["bare page"])
    print(f"\n| {title:29} | req/s | of bare |\n|{'-' * 31}|------:|--------:|")
    for what, each in found.items():
        print(f"| {what:29} | {statistics.median(each):5.0f} | {statistics.median(each) / base:7.2f} |")


def main() -> None:
    if sys.argv[1:] == ["cookies"]:
        print(json.dumps(cookies()))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--keep", type=Path, help="a folder to build in and to find built programmes in")
    parser.add_argument("--server", help="measure on PostgreSQL too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        report(args, args.keep or Path(scratch), Path(scratch))


def report(args: argparse.Namespace, folder: Path, scratch: Path) -> None:
    from tests.bench.bare import make

    bare = scratch / "bare"
    bare.mkdir()
    make(bare)
    counted: dict[int, list[dict[str, Any]]] = {}
    for members in (args.small, args.members):
        data = folder / f"impact{members}"
        if not (data / "lightup.db").exists():
            data.mkdir(parents=True)
            build(environment(data), members)
        counted[members] = instructions("impact", data, count=bool(shutil.which("valgrind")))
    print(f"| {args.members:,} members, SQLite       | M instr | queries | growth |")
    print("|-------------------------------|--------:|--------:|-------:|")
    for small, large in zip(*counted.values(), strict=True):
        growth = large["million"] / small["million"] if large["million"] else 0
        # the one who helped thousands is only in the large programme
        grown = f"{growth:6.2f}" if WHO["usual"] in large["name"] else "      "
        print(f"| {large['name']:29} | {million(large)} | {large['queries']:7} | {grown} |")
    large_data = folder / f"impact{args.members}"
    rates("SQLite", large_data, bare, {}, args.clients, args.seconds)
    if args.server:
        with databases(args.server, ["impact"]) as urls:
            data = scratch / "server"
            data.mkdir()
            settings = {"DATABASE_URL": urls["impact"]}
            began = time.perf_counter()
            build(environment(data) | settings, args.members)
            print(f"built in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            rates("PostgreSQL", data, bare, settings, args.clients, args.seconds)


if __name__ == "__main__":
    main()
