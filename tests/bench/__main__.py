"""Build a large programme, measure its pages and writes beside the bare ones, print one table.

    python -m tests.bench [--members 10000] [--small 1000] [--clients 16] [--seconds 5] [--keep DIR]

Instructions: valgrind's callgrind, the app called in process and warm; they repeat to the digit.
Requests a second: gunicorn as deployed (2 workers), this program as the client on the same machine,
so only the ratio to the bare page of the same run says anything. CPU: of the server's processes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


# requests before the measured ones, so that both workers have their statements and templates ready
WARM = 40
# settings of the one who runs this, which would lead the measured app elsewhere
NOT_OURS = (
    "LIGHTUP_ENV",
    "FLASK_ENV",
    "DATABASE_URL",
    "REDIS_URL",
    "MEDIA_URL",
    "SECRET_KEY",
    "PORT",
    "HOST",
)


def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return kept | {
        "LIGHTUP_DATA": str(data), "BARE_DATA": str(data), "FLASK_APP": "wsgi", "RATE_LIMITS": "off",
        "PYTHONHASHSEED": "0",
    }  # fmt: skip


def build(data: Path, members: int, quests: int) -> float:
    """A migrated database with the demo scaled up, in `data`; returns the seconds it took."""
    data.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    for command in (["db", "upgrade"], ["demo", "load", "--members", str(members), "--quests", str(quests)]):
        subprocess.run(
            [BIN / "flask", *command], cwd=ROOT, env=environment(data), check=True, stdout=sys.stderr
        )
    subprocess.run([sys.executable, "-m", "tests.bench.goods"], cwd=ROOT, env=environment(data), check=True)
    return time.perf_counter() - began


def instructions(kind: str, data: Path, *, count: bool) -> list[dict[str, Any]]:
    """Each page's million instructions a request, from callgrind; without it the list without them."""
    out = data / f"{kind}.json"
    command = [sys.executable, "-m", "tests.bench.counted", kind, str(out)]
    dumps = data / f"callgrind.{kind}"
    if count:
        command = [
            "valgrind", "--tool=callgrind", "--dump-before=getloadavg",
            f"--callgrind-out-file={dumps}", "--quiet", *command,
        ]  # fmt: skip
    run = subprocess.run(command, cwd=ROOT, env=environment(data), capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"counting {kind} ended with {run.returncode}:\n{run.stderr[-4000:]}")
    pages = json.loads(out.read_text())
    # dump 2n+1 is what came before the n-th page, dump 2n+2 its rounds
    from tests.bench.counted import ROUNDS

    for number, page in enumerate(pages):
        if not count:
            page["million"] = None
            continue
        dump = Path(f"{dumps}.{2 * number + 2}")
        found = re.search(r"^(?:summary|totals): (\d+)", dump.read_text(), re.M) if dump.exists() else None
        page["million"] = int(found[1]) / ROUNDS / 1e6 if found else None
    return pages


@contextmanager
def server(module: str, data: Path, **settings: str) -> Iterator[tuple[int, int]]:
    """gunicorn as deployed, on a free port; yields its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [BIN / "gunicorn", module, "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "8",
         "--worker-class", "gthread", "--log-level", "error"],
        cwd=ROOT, env=environment(data) | settings,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(1)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def cpu_seconds(master: int) -> float:
    """CPU time that a gunicorn master's workers have used so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == master:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def load(
    port: int,
    ask: Callable[[http.client.HTTPConnection, int], int],
    *,
    clients: int,
    seconds: float,
    most: int = 0,
    first: int = 0,
) -> tuple[float, list[float], set[int]]:
    """Ask from `clients` threads for some seconds, or `most` requests numbered from `first` on.

    Returns how many a second, the time of each, and the statuses that came.
    """
    times: list[float] = []
    statuses: set[int] = set()
    turn = iter(range(first, first + (most or 10**9)))
    lock = threading.Lock()
    end = time.perf_counter() + seconds

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < end:
            with lock:
                number = next(turn, None)
            if number is None:
                return
            began = time.perf_counter()
            statuses.add(ask(connection, number))
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / (time.perf_counter() - began), times, statuses


def get(path: str, cookie: str) -> Callable[[http.client.HTTPConnection, int], int]:
    headers = {"Cookie": cookie, "Accept-Encoding": "br", "Accept-Language": "zh-CN"}

    def ask(connection: http.client.HTTPConnection, _number: int) -> int:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status

    return ask


def post(jobs: list[tuple[str, str]], cookie: str) -> Callable[[http.client.HTTPConnection, int], int]:
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}

    def ask(connection: http.client.HTTPConnection, number: int) -> int:
        path, body = jobs[number]
        connection.request("POST", path, body=body, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status

    return ask


def each_by_its_own(
    jobs: list[tuple[str, str]], cookies: list[str]
) -> Callable[[http.client.HTTPConnection, int], int]:
    """Each request is another member's or reviewer's: theirs are the cookie and the token."""

    def ask(connection: http.client.HTTPConnection, number: int) -> int:
        return post(jobs, cookies[number % len(cookies)])(connection, number)

    return ask


def measured_writes(data: Path, port: int, pid: int, clients: int, most: int) -> list[dict[str, Any]]:
    """Submit, approve and redeem through HTTP, each on rows of its own."""
    plan = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tests.bench.writes", str(most + WARM)],
            cwd=ROOT, env=environment(data), check=True, capture_output=True, text=True,
        ).stdout.splitlines()[-1]
    )  # fmt: skip
    rows = []
    for name in ("submit", "approve", "redeem"):
        ask = each_by_its_own(plan[name]["jobs"], plan[name]["cookies"])
        load(port, ask, clients=clients, seconds=60, most=WARM)
        before = cpu_seconds(pid)
        rate, times, statuses = load(port, ask, clients=clients, seconds=120, most=most, first=WARM)
        times.sort()
        rows.append(
            {
                "name": name, "rate": rate, "statuses": sorted(statuses), "queries": plan[name]["queries"],
                "cpu": (cpu_seconds(pid) - before) / max(len(times), 1) * 1000,
                "spread": times[int(len(times) * 0.99)] / statistics.median(times),
            }
        )  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", type=int, default=10000)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--quests", type=int, default=200)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--writes", type=int, default=400)
    parser.add_argument(
        "--no-instructions", dest="instructions", action="store_false", help="leave out the slow counting"
    )
    parser.add_argument("--keep", type=Path, help="a folder to build in and to find built programmes in")
    args = parser.parse_args()
    if args.instructions and not shutil.which("valgrind"):
        print("valgrind is not here: instructions are left out\n", file=sys.stderr)
        args.instructions = False
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        report(args, folder)


def report(args: argparse.Namespace, folder: Path) -> None:
    from tests.bench.bare import make

    large, small, bare = folder / f"m{args.members}", folder / f"m{args.small}", folder / "bare"
    for data, members in ((large, args.members), (small, args.small)):
        if not (data / "lightup.db").exists():
            print(f"{members} members built in {build(data, members, args.quests):.0f} s", file=sys.stderr)
    if not (bare / "bare.db").exists():
        bare.mkdir(parents=True, exist_ok=True)
        make(bare)
    counted = {
        kind: instructions(kind, data, count=args.instructions)
        for kind, data in (("bare", bare), ("large", large), ("small", small))
    }
    with server("tests.bench.bare:app", bare) as (port, pid):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/login")
        cookie = connection.getresponse().headers["Set-Cookie"].split(";")[0]
        before = cpu_seconds(pid)
        bare_rate, times, _ = load(port, get("/page", cookie), clients=args.clients, seconds=args.seconds)
        bare_cpu = (cpu_seconds(pid) - before) / len(times) * 1000
        write_rate, write_times, _ = load(
            port, post([("/write", "")] * 10**6, cookie), clients=args.clients, seconds=args.seconds
        )
    base = counted["bare"][0]
    print(f"| {'page':14} | M instr | queries |  bytes br | req/s | of bare | ms CPU | growth |")
    print(f"|{'-' * 16}|--------:|--------:|----------:|------:|--------:|-------:|-------:|")
    print(
        f"| {'bare page':14} | {million(base)} | {1:7} | {base['bytes']:9,} | {bare_rate:5.0f} "
        f"| {1:7.2f} | {bare_cpu:6.2f} |        |"
    )
    cookies = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tests.bench.writes", "cookies"],
            cwd=ROOT, env=environment(large), check=True, capture_output=True, text=True,
        ).stdout.splitlines()[-1]
    )  # fmt: skip
    with server("wsgi:app", large) as (port, pid):
        for page, less in zip(counted["large"], counted["small"], strict=True):
            ask = get(page["path"], cookies[page["name"]])
            load(port, ask, clients=args.clients, seconds=60, most=WARM)
            before = cpu_seconds(pid)
            rate, times, statuses = load(port, ask, clients=args.clients, seconds=args.seconds)
            cpu = (cpu_seconds(pid) - before) / len(times) * 1000
            growth = (
                f"{page['million'] / less['million']:6.2f}"
                if page["million"] and less["million"]
                else "   n/a"
            )
            odd = "" if statuses == {200} else f" statuses {sorted(statuses)}"
            print(
                f"| {page['name']:14} | {million(page)} | {page['queries']:7} | {page['bytes']:9,} "
                f"| {rate:5.0f} | {rate / bare_rate:7.2f} | {cpu:6.2f} | {growth} |{odd}"
            )
        writes = measured_writes(large, port, pid, args.clients, args.writes)
    print("\n| write          | queries | per s | of bare | ms CPU | p99/median |")
    print("|----------------|--------:|------:|--------:|-------:|-----------:|")
    write_times.sort()
    spread = write_times[int(len(write_times) * 0.99)] / statistics.median(write_times)
    print(f"| bare durable   | {2:7} | {write_rate:5.0f} | {1:7.2f} |        | {spread:10.1f} |")
    for row in writes:
        odd = "" if row["statuses"] == [303] else f" statuses {row['statuses']}"
        print(
            f"| {row['name']:14} | {row['queries']:7} | {row['rate']:5.0f} | {row['rate'] / write_rate:7.2f} "
            f"| {row['cpu']:6.2f} | {row['spread']:10.1f} |{odd}"
        )


def million(page: dict[str, Any]) -> str:
    return f"{page['million']:7.2f}" if page["million"] else "    n/a"


if __name__ == "__main__":
    main()
