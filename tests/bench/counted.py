"""Run inside callgrind: asks for each page in process, warm, and marks where one page ends.

`os.getloadavg()` is the mark: callgrind is told to write its counts down and begin anew whenever
the C function of that name is entered, which nothing else here calls.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 3
WARM = 3


def client_of(app: Any, cookie: str) -> Callable[[str], tuple[int, int]]:
    from werkzeug.test import EnvironBuilder, run_wsgi_app

    def ask(path: str) -> tuple[int, int]:
        environ = EnvironBuilder(
            path=path.split("?")[0],
            query_string=path.partition("?")[2],
            headers={"Cookie": cookie, "Accept-Encoding": "br", "Accept-Language": "zh-CN"},
        ).get_environ()
        body, status, _headers = run_wsgi_app(app, environ)
        return int(status[:3]), sum(len(part) for part in body)

    return ask


def main() -> None:
    kind, out = sys.argv[1], Path(sys.argv[2])
    seen: list[dict[str, Any]] = []
    if kind == "bare":
        from tests.bench.bare import create_app

        app = create_app()
        response = app.test_client().get("/login")
        ask = client_of(app, response.headers["Set-Cookie"].split(";")[0])
        plan = [("bare page", "/page", ask)]
        count: list[str] = []
    elif kind == "ledger":
        from tests.bench.ledger_measured import asked

        plan, count = asked()
    elif kind == "impact":
        from tests.bench.impact import asked as asked_impact

        plan, count = asked_impact()
    else:
        from sqlalchemy import event

        from app import create_app as lightup
        from app.core.db import db
        from tests.bench.pages import cookie_for, pages

        app = lightup()
        with app.app_context():
            wanted = pages()
            cookies = {login: cookie_for(app, login) for login in {page.login for page in wanted}}
            count = []
            event.listen(db.engine, "before_cursor_execute", lambda *args: count.append(args[2]))
        plan = [(page.name, page.path, client_of(app, cookies[page.login])) for page in wanted]
    for name, path, ask in plan:
        for _ in range(WARM):
            status, size = ask(path)
        count.clear()
        ask(path)
        # SQLite's own BEGIN is written by us, so it comes by here as well
        queries = sum(not statement.startswith(("BEGIN", "PRAGMA")) for statement in count)
        queries = queries if kind != "bare" else 1
        seen.append({"name": name, "path": path, "status": status, "bytes": size, "queries": queries})
        os.getloadavg()
        for _ in range(ROUNDS):
            ask(path)
        os.getloadavg()
    out.write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
