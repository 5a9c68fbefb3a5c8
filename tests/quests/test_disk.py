"""A disk that takes nothing more: a clear answer, nothing acknowledged or half; it goes on by itself.

waitress keeps a body beyond half a megabyte in a file before the app is asked, and hangs up when it can't;
the page says that the photo did not go up, and keeps it. So a large photo is tried on gunicorn, as deployed.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from app.blueprints.media.models import Media
from app.blueprints.quests.models import Evidence
from app.core.actor import Actor
from app.core.db import db
from tests.quests.served import GUNICORN, WAITRESS, serving, sign_in


def photo(kilobytes: int) -> bytes:
    """Noise, which no encoder makes small: beyond half a megabyte a form is kept in a file on its way in."""
    side = int((kilobytes * 1024 / 2) ** 0.5)
    out = BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(out, "JPEG", quality=97)
    return out.getvalue()


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.race
@pytest.mark.parametrize(
    ("command", "kilobytes"),
    [(WAITRESS, 60), (GUNICORN, 60), (GUNICORN, 1500)],
    ids=["waitress", "gunicorn", "gunicorn-large"],
)
def test_a_full_disk_is_honest(
    app: Flask,
    make_quest: Callable[..., int],
    make_member: Callable[..., Actor],
    command: list[str],
    kilobytes: int,
) -> None:
    quest = make_quest("首次夜拍", review_mode="self")
    make_member("linxia")
    db.session.rollback()
    folder = Path(app.config["LIGHTUP"].media_url.removeprefix("file://"))
    others = files(folder)
    on_server = db.engine.dialect.name == "postgresql"

    with serving(app, command) as server:
        cookie, token = sign_in(server, "linxia")

        def post(path: str, **form: Any) -> tuple[int, str]:
            status, headers, page = server.ask("POST", path, form | {"csrf_token": token}, cookie)
            return status, headers.get("Location") or page.decode()

        def upload(work: str, key: str, body: bytes) -> int:
            picture = FileStorage(BytesIO(body), f"{key}.jpg")
            return post(f"{work}/evidence", step_key="photos", upload_key=key, file=picture)[0]

        work = post(f"/quests/{quest}/start")[1]
        assert upload(work, "before", photo(kilobytes)) == 303
        assert post(f"{work}/save", **{"text:line": "写了一半"})[0] == 303
        kept = files(folder)
        assert kept > others

        server.fail_disk()
        assert upload(work, "during", photo(kilobytes)) == 503
        status, _page = post(f"{work}/save", **{"text:line": "写完了"})
        # with a database of its own machine, words don't need this disk
        assert status == (303 if on_server else 503)
        if not on_server:
            assert "写完了" not in str(words())
        # what is there can be read all the while
        assert server.ask("GET", work, cookie=cookie)[0] == 200
        assert files(folder) == kept

        server.mend_disk()
        assert upload(work, "during", photo(kilobytes)) == 303
        assert post(f"{work}/save", **{"text:line": "写完了"})[0] == 303
        form = {"whole": "1", "text:line": "写完了", "ask_original": "1", "original": "1"}
        assert post(f"{work}/submit", **form)[0] == 303
    db.session.rollback()
    assert words() == ["写完了"]
    assert db.session.scalar(select(func.count()).select_from(Media)) == 2
    photos = select(func.count()).select_from(Evidence).where(Evidence.kind == "photo")
    assert db.session.scalar(photos) == 2
    assert len(files(folder) - kept) == len(kept - others)


def words() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Evidence.body).where(Evidence.kind == "text")))
