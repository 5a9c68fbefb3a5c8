"""Build two ledgers, a short and a long one, and measure a wallet, a redemption and the audit on both.

    python -m tests.bench.ledger [--transfers 10000000] [--small 100000] [--members 100000] [--keep DIR]
        [--server postgresql+psycopg://user@host/postgres]

Instructions by callgrind, on SQLite: they repeat to the digit, so their ratio says what growth costs. Seconds
are medians of requests in process, taken on both in turn; only their ratio says anything. The long ledger
takes 5 GB. With --server it is built on PostgreSQL as well, in databases of its own that are dropped after;
there the pages of 8 KB that the server looked at are counted, which others on the machine don't disturb.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from tests.bench.__main__ import BIN, ROOT, environment, instructions

TURNS = 3


def python(env: dict[str, str], *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return run.stdout


def build(env: dict[str, str], transfers: int, members: int) -> None:
    subprocess.run([BIN / "flask", "db", "upgrade"], cwd=ROOT, env=env, check=True, stdout=sys.stderr)
    python(env, "tests.bench.ledger_rows", str(transfers), str(members))


@contextmanager
def databases(server: str, names: list[str]) -> Iterator[dict[str, str]]:
    """Empty databases on a server, by name; dropped in the end."""
    url = make_url(server)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    own = {name: f"lightup_ledger_{name}" for name in names}

    def drop() -> None:
        with admin.connect() as connection:
            for database in own.values():
                connection.execute(text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))

    drop()
    with admin.connect() as connection:
        for database in own.values():
            connection.execute(text(f'CREATE DATABASE "{database}"'))
    try:
        yield {
            name: url.set(database=database).render_as_string(hide_password=False)
            for name, database in own.items()
        }
    finally:
        drop()


def measure(
    title: str, sizes: dict[str, int], envs: dict[str, dict[str, str]], counts: dict[str, Any]
) -> None:
    """One table: each row's cost on the short and on the long ledger, and the ratio."""
    turns: dict[str, list[dict[str, float]]] = {name: [] for name in sizes}
    for _ in range(TURNS):
        for name in sizes:
            turns[name].append(json.loads(python(envs[name], "tests.bench.ledger_measured", "seconds")))
    short, long = sizes
    print(f"\n{title}: {sizes[short]:,} and {sizes[long]:,} transfers\n")
    print("| what                |  short |   long | ratio | unit    | queries |")
    print("|---------------------|-------:|-------:|------:|---------|--------:|")
    for row, after in zip(counts.get(short, []), counts.get(long, []), strict=True):
        if row["million"]:
            line(row["name"], row["million"], after["million"], "M instr", after["queries"])
    for what in turns[short][0]:
        least = [min(turn[what] for turn in turns[name]) for name in (short, long)]
        line(what, *least, "ms", "")
    if title == "PostgreSQL":
        read = {
            name: json.loads(python(envs[name], "tests.bench.ledger_measured", "blocks")) for name in sizes
        }
        for what in read[short]:
            line(what, read[short][what], read[long][what], "pages", "")
    found = json.loads(python(envs[long], "tests.bench.ledger_measured", "audit"))
    print(f"\naudit of the long one: {found['seconds']:.1f} s, {found['differences']} differences")


def line(what: str, before: float, after: float, unit: str, queries: Any) -> None:
    print(f"| {what:19} | {before:6.2f} | {after:6.2f} | {after / before:5.3f} | {unit:7} | {queries:7} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transfers", type=int, default=10_000_000)
    parser.add_argument("--small", type=int, default=100_000)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="a folder to build in and to find built ledgers in")
    parser.add_argument("--server", help="measure on PostgreSQL too")
    args = parser.parse_args()
    sizes = {"short": args.small, "long": args.transfers}
    count = bool(shutil.which("valgrind"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        envs, counts = {}, {}
        for name, transfers in sizes.items():
            data = folder / f"ledger{transfers}"
            envs[name] = environment(data)
            if not (data / "lightup.db").exists():
                data.mkdir(parents=True)
                build(envs[name], transfers, args.members)
            counts[name] = instructions("ledger", data, count=count)
        measure("SQLite", sizes, envs, counts)
        if args.server:
            with databases(args.server, list(sizes)) as urls:
                for name, transfers in sizes.items():
                    data = Path(scratch) / name
                    data.mkdir()
                    envs[name] = environment(data) | {"DATABASE_URL": urls[name]}
                    build(envs[name], transfers, args.members)
                measure("PostgreSQL", sizes, envs, {})


if __name__ == "__main__":
    main()
