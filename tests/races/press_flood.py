"""Strangers who say thanks by the thousand, each a new one from an address of their own; and the app without
what ends them.

    python -m tests.races.press_flood PORT RATE BEGIN < presses

Given a line for each press: code, cookies, address, token, with tabs between them. Prints, when all have been
answered, how many were answered how: {"303": 60, "429": 940}. RATE is how many are sent in a second, BEGIN
the moment of the first (time.monotonic): one second with, one without them, and so on (`is_flooded`). RATE 0:
as fast as they can, without a pause.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlencode

from flask import Flask

from app import create_app
from app.blueprints.impact import services_thanks

LANES = 4


def is_flooded(moment: float, begin: float) -> bool:
    return int(moment - begin) % 2 == 0


def flood(port: int, rate: float, begin: float, presses: list[list[str]]) -> Counter[str]:
    went: Counter[str] = Counter()
    lock, turn = threading.Lock(), iter(range(len(presses)))

    def lane() -> None:
        while True:
            with lock:
                number = next(turn, None)
            if number is None:
                return
            if rate:
                after = number / rate
                time.sleep(max(0.0, begin + after + int(after) - time.monotonic()))
            status = press(port, *presses[number])
            with lock:
                went[status] += 1

    lanes = [threading.Thread(target=lane) for _ in range(LANES)]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join()
    return went


def press(port: int, code: str, cookies: str, address: str, token: str) -> str:
    """One stranger's thanks, on a connection of their own; the status, or what went wrong with it."""
    headers = {
        "Cookie": cookies,
        "X-Forwarded-For": address,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode({"csrf_token": token, "outcome": "learned"})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", f"/t/{code}", body, headers)
        answer = connection.getresponse()
        answer.read()
        return str(answer.status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def unguarded() -> Flask:
    """The app as it is served, for which no number of thanks is too many."""
    services_thanks.HOUR_THANKS = 1_000_000  # type: ignore[misc]
    return create_app()


if __name__ == "__main__":
    pressed = [line.split("\t") for line in sys.stdin.read().splitlines()]
    print(json.dumps(flood(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), pressed)))
