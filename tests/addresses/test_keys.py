"""New keys while members keep writing: everything stays readable, nothing lies about in plain text."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select, text

from app import create_app
from app.blueprints.addresses import policies, queries, services
from app.blueprints.addresses.models import BookEntry
from app.blueprints.addresses.policies import Address
from app.config import Config
from app.core import sealed
from app.core.crypto import KeyRing, Unreadable, seal, unseal
from app.core.db import Base, db
from tests.conftest import PASSWORD, Browser

SETTLED = ["keys", "retire", "--after", "0"]


@pytest.fixture
def key_file(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's keys in a file, as they are where the environment says none."""
    path = tmp_path / "seal.keys"
    path.write_text(Fernet.generate_key().decode())
    monkeypatch.setitem(app.extensions, "lightup_keys", KeyRing((), path))
    return path


@pytest.fixture
def run(app: Flask):
    def invoke(*args: str) -> tuple[int, str]:
        with app.app_context():
            result = app.test_cli_runner().invoke(args=list(args))
        db.session.rollback()
        return result.exit_code, result.output

    return invoke


@pytest.fixture
def other_server(app: Flask, key_file: Path) -> Iterator[Flask]:
    """Another server on the same database and the same folder of keys."""
    config = replace(app.config["LIGHTUP"], seal_keys=(), seal_file=key_file)
    other = create_app(config)
    other.config["WTF_CSRF_ENABLED"] = False
    other.test_client_class = Browser
    yield other
    with other.app_context():
        db.engine.dispose()


def keys(path: Path) -> list[str]:
    return path.read_text().split()


def streets(member_id: int) -> set[str]:
    db.session.rollback()
    return {entry.address.street for entry in queries.book(member_id) if entry.address}


def test_nothing_is_kept_in_plain_text(app: Flask, kept: int, linxia, typed) -> None:
    assert queries.book(linxia.id)[0].address == Address(**typed)
    db.session.rollback()
    planted = ("13800000312", "文三路", "西湖区", "林夏")
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)).all():
            assert not any(word in str(row) for word in planted), table.name
    url = app.config["LIGHTUP"].database_url
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        stored = b"".join(Path(path + end).read_bytes() for end in ("", "-wal") if Path(path + end).exists())
        assert b"gAAAAA" in stored  # the sealed text itself is there to be found
        assert not any(word.encode() in stored for word in planted)


def test_rotating_reaches_every_server_while_it_writes(
    key_file: Path, other_server: Flask, run, make_member
) -> None:
    writers = [make_member(f"w{number}") for number in range(3)]
    before = services.add_address(_to("before"), by=writers[0])
    first = keys(key_file)
    went_wrong: list[object] = []
    rotated, wrote = threading.Event(), [threading.Event() for _ in writers]

    def write(number: int) -> None:
        client = other_server.test_client()
        client.post("/login", data={"login": f"w{number}", "password": PASSWORD})
        for turn in range(8):
            if turn == 4:
                rotated.wait(30)
            answer = client.post("/addresses/new", data=vars(_to(f"street {turn}")))
            page = client.get("/addresses").get_data(as_text=True)
            if answer.status_code != 303 or page.count("**** 0312") < turn + 1:
                went_wrong.append((number, turn, answer.status_code))
            wrote[number].set()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(writers))]
    for thread in threads:
        thread.start()
    for each in wrote:
        each.wait(30)
    for _ in range(3):
        assert run("keys", "rotate")[0] == 0
    rotated.set()
    for thread in threads:
        thread.join(60)

    assert went_wrong == []
    wanted = {f"street {turn}" for turn in range(8)}
    assert [streets(one.id) for one in writers] == [wanted | {"before"}, wanted, wanted]
    assert len(keys(key_file)) == 4
    assert keys(key_file)[-1:] == first
    # what was sealed long ago is under the newest key, without anybody having touched it
    assert policies.opened(_opened_by(keys(key_file)[0], before)).street == "before"
    run("keys", "reseal")
    assert run(*SETTLED)[0] == 0
    assert len(keys(key_file)) == 1
    assert [streets(one.id) for one in writers] == [wanted | {"before"}, wanted, wanted]


def _to(street: str) -> Address:
    return Address(
        name="林夏", phone="13800000312", province="浙江省", city="杭州市", district="西湖区", street=street
    )


def _opened_by(key: str, address_id: int) -> str:
    db.session.rollback()
    text_now = db.session.scalars(select(BookEntry.sealed).where(BookEntry.id == address_id)).one()
    Fernet(key).decrypt(text_now.encode())
    return text_now


def test_retire_refuses_while_something_needs_an_old_key(key_file: Path, kept, linxia, run) -> None:
    old = keys(key_file)
    key_file.write_text("\n".join([Fernet.generate_key().decode(), *old]))  # as if rotate had been killed
    code, said = run(*SETTLED)
    assert (code, "1 still need an older key" in said, len(keys(key_file))) == (1, True, 2)
    assert run("keys", "reseal")[0] == 0
    code, said = run("keys", "retire")
    assert (code, "less than 10 minutes ago" in said, len(keys(key_file))) == (1, True, 2)
    assert run(*SETTLED)[0] == 0
    assert old[0] not in keys(key_file)
    assert streets(linxia.id) == {"文三路 100 号 6 幢 301"}
    assert (key_file.stat().st_mode & 0o777, list(key_file.parent.glob("*.new"))) == (0o600, [])


def test_a_broken_file_of_keys_changes_nothing(app: Flask, key_file: Path) -> None:
    text_then = seal("words")
    for broken in ("", "no key at all"):
        key_file.write_text(broken)
        assert unseal(text_then) == "words"
    key_file.unlink()
    assert unseal(text_then) == "words"


def test_keys_from_the_environment_are_the_operators(kept, linxia, run, app, monkeypatch) -> None:
    code, said = run("keys", "rotate")
    assert code == 2
    assert "SEAL_KEYS" in said
    new = said.split()[-1]
    older = app.config["LIGHTUP"].seal_keys
    monkeypatch.setitem(app.extensions, "lightup_keys", KeyRing((new, *older)))
    assert run("keys", "retire")[0] == 1
    code, said = run("keys", "reseal")
    assert (code, said.splitlines()[0]) == (0, "address.sealed: 1 sealed again, 0 were under the newest key")
    assert run("keys", "retire")[0] == 0
    monkeypatch.setitem(app.extensions, "lightup_keys", KeyRing((new,)))
    assert streets(linxia.id) == {"文三路 100 号 6 幢 301"}


def test_where_the_keys_are_from(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    said = Config.from_environment({"LIGHTUP_DATA": str(tmp_path), "SEAL_KEYS": f"{key} {key}"})
    assert (said.seal_keys, said.seal_file) == ((key, key), None)
    found = Config.from_environment({"LIGHTUP_DATA": str(tmp_path)})
    assert found.seal_file == tmp_path / "seal.keys"
    assert found.seal_keys == tuple(keys(tmp_path / "seal.keys"))


def test_without_its_key_an_address_is_told_kindly_and_left_alone(
    kept, linxia, typed, login, run, app, monkeypatch
) -> None:
    client = login(linxia)
    strange = Fernet.generate_key().decode()
    right = app.extensions["lightup_keys"]
    monkeypatch.setitem(app.extensions, "lightup_keys", KeyRing((strange,)))
    services.add_address(Address(**typed | {"street": "江南大道 588 号"}), by=linxia)
    page = client.get("/addresses", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    shown = page.get_data(as_text=True)
    assert "An address that can" in shown
    assert "江南大道 *** 号" in shown
    answer = client.get(f"/addresses/{kept}/edit", headers={"Accept-Language": "en"})
    assert (answer.status_code, "contact person" in answer.get_data(as_text=True)) == (503, True)
    with pytest.raises(Unreadable):
        policies.opened(queries.sealed_copy(kept, linxia.id))
    code, said = run("keys", "reseal")
    assert (code, "1 can't be read" in said) == (1, True)
    monkeypatch.setitem(app.extensions, "lightup_keys", right)
    assert "文三路 100 号 6 幢 301" in streets(linxia.id)


def test_many_are_sealed_again_in_batches(key_file: Path, kept, linxia, run, monkeypatch) -> None:
    monkeypatch.setattr(sealed, "BATCH", 2)
    sealed._batch.cache_clear()
    for number in range(6):
        services.add_address(_to(f"street {number}"), by=linxia)
    assert "7 sealed again, 0 were" in run("keys", "rotate")[1]
    sealed._batch.cache_clear()
    assert len(streets(linxia.id)) == 7
    assert db.session.scalar(text("SELECT count(*) FROM address")) == 7
