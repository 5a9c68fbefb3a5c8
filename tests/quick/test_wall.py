"""Photo calls: one photo from the card, the wall of all of them, and who may see what hangs there."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from sqlalchemy import func, select, update

from app.blueprints.media import services as media
from app.blueprints.media.models import Media
from app.blueprints.members.models import Member
from app.blueprints.quests import services, services_quick
from app.blueprints.quests.models import Quest, Submission
from app.blueprints.quests.queries_quick import WALL
from app.blueprints.quests.services import Draft
from app.core import clock
from app.core.db import db
from tests.quick.conftest import HTMX, balance, change, step, works


def photo(shade: int = 90) -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (shade, 40, 120)).save(out, "JPEG")
    out.seek(0)
    return out


def put_up(client, quest, *, shade=90, htmx=False, key="", **more):
    """As js/upload.js sends it, or as a form does."""
    name = "file" if htmx else "file:s1"
    data = {name: (photo(shade), "sky.jpg"), "here": "quick"} | ({"upload_key": key} if key else {}) | more
    return client.post(
        f"/quests/{quest}/photo", data=data, headers=HTMX if htmx else {}, content_type="multipart/form-data"
    )


@pytest.mark.parametrize("htmx", [True, False], ids=["script", "plain"])
def test_one_photo_from_the_card(make_quick, make_member, login, htmx) -> None:
    quest, me = make_quick("photo_call", points=20), make_member("linxia")
    client = login(me)
    page = client.get("/quick").text
    assert "#车窗外" in page
    assert f'data-upload-url="/quests/{quest}/photo"' in page
    assert "照片是你自己拍的" in page
    for _ in range(2):
        answer = put_up(client, quest, htmx=htmx, key="abc" if htmx else "")
        assert answer.status_code == (200 if htmx else 303)
    shown = answer.text if htmx else client.get("/quick").text
    assert "你放上了" in shown
    assert re.search(r'src="/media/\d+/thumb" alt="[^"]+" width="640" height="480" loading="lazy"', shown)
    assert [(work.state, work.points_awarded) for work in works(quest)] == [("approved", 20)]
    assert balance(me) == 20
    assert db.session.scalar(select(func.count(Media.id))) == 1
    assert "data-upload-url" not in shown


def test_what_is_no_photo_is_said_on_the_card(make_quick, make_member, login) -> None:
    quest = make_quick("photo_call")
    client = login(make_member("linxia"))
    for headers in ({}, HTMX):
        pdf, nothing = io.BytesIO(b"%PDF-1.7 no photo at all"), io.BytesIO(b"")
        for data in ({"file:s1": (pdf, "x.jpg")}, {}, {"file:s1": (nothing, "")}):
            sent = data | {"here": "quick"}
            refused = client.post(f"/quests/{quest}/photo", data=sent, headers=headers)
            assert refused.status_code == 422
            assert f'id="q{quest}-s1-e"' in refused.text
    assert works(quest) == []
    assert put_up(client, make_quick("poll")).status_code == 404
    assert put_up(client, 99999).status_code == 404


@pytest.fixture
def full_wall(make_quick, make_member, monkeypatch):
    """A wall with one photo more than a page holds, without developing each."""
    quest = make_quick("photo_call")

    def hang(member, number, where=quest):
        with media.prepare_upload(file=photo(number)) as prepared:
            return services_quick.put_up_photo(where, f"k{number}", prepared, Draft(), by=member)

    return quest, hang


def test_the_wall_pages_newest_first(full_wall, make_member, login, monkeypatch) -> None:
    monkeypatch.setattr("app.blueprints.quests.queries_quick.WALL", 4)
    assert WALL > 4
    quest, hang = full_wall
    works_hung = [hang(make_member(f"m{n}"), n) for n in range(6)]
    client = login(make_member("linxia"))
    first = client.get(f"/quests/{quest}/wall").text
    more = re.search(r'class="more"><a class="btn b3 wide" href="([^"]+)"', first)
    assert more is not None
    fragment = client.get(more[1].replace("&amp;", "&"), headers=HTMX)
    assert "<html" not in fragment.text
    whole = client.get(more[1].replace("&amp;", "&")).text
    assert "<html" in whole
    shown = [int(n) for n in re.findall(r"/media/(\d+)/thumb", first + fragment.text)]
    newest_first = db.session.scalars(select(Media.id).order_by(Media.id.desc())).all()
    assert shown == list(newest_first)
    assert len(shown) == len(works_hung)
    assert 'class="more"' not in fragment.text
    assert "看整面墙，6 张" in client.get(f"/quests/{quest}").text


def test_who_may_see_what_hangs_there(full_wall, make_quick, make_member, login) -> None:
    quest, hang = full_wall
    author, inside, outside = make_member("zhoumo"), make_member("alan"), make_member("linxia")
    named = make_quick("photo_call", named=[author, inside])
    open_work, named_work = hang(author, 1), hang(author, 2, named)
    pictures = {
        work: db.session.scalar(select(Media.id).where(Media.belongs_to == f"submission:{work}"))
        for work in (open_work, named_work)
    }

    def sees(member, where, work):
        client = login(member)
        pages = client.get(f"/quests/{where}/wall").status_code
        assert client.get(f"/media/{pictures[work]}/thumb").status_code == pages
        return pages == 200

    assert sees(outside, quest, open_work)
    assert sees(inside, named, named_work)
    assert not sees(outside, named, named_work)
    assert sees(author, named, named_work)
    # taken back by staff: it hangs there no more, and only its owner has it still
    change(update(Submission).where(Submission.id == open_work).values(state="declined"))
    client = login(outside)
    assert f"/media/{pictures[open_work]}" not in client.get(f"/quests/{quest}/wall").text
    assert client.get(f"/media/{pictures[open_work]}/thumb").status_code == 404
    # for another tier from now on
    change(update(Submission).values(state="approved"))
    change(update(Quest).where(Quest.id == quest).values(to_participant=False))
    assert client.get(f"/media/{pictures[open_work]}/thumb").status_code == 404
    assert client.get(f"/quests/{quest}/wall").status_code == 404


def test_work_that_isnt_sent_is_nobodys_to_see(make_quick, make_member, login) -> None:
    quest, author = make_quick("photo_call"), make_member("zhoumo")
    work = services.start_quest(quest, by=author)
    with media.prepare_upload(file=photo()) as prepared:
        services.add_media(work, "s1", "k", prepared, by=author)
    picture = db.session.scalar(select(Media.id))
    client = login(make_member("linxia"))
    assert client.get(f"/media/{picture}/thumb").status_code == 404
    assert "还空着" in client.get(f"/quests/{quest}/wall").text
    services.submit_work(work, Draft(original=True), by=author)
    assert client.get(f"/media/{picture}/thumb").status_code == 200


def test_other_works_photos_stay_private(make_quick, make_member, login) -> None:
    """A quick task that isn't a photo call has no wall, whatever its steps ask for."""
    survey = make_quick("survey", steps=[step("p", "photo", min=1, max=1)])
    author = make_member("zhoumo")
    work = services.start_quest(survey, by=author)
    with media.prepare_upload(file=photo()) as prepared:
        services.add_media(work, "p", "k", prepared, by=author)
    services.submit_work(work, Draft(original=True), by=author)
    client = login(make_member("linxia"))
    assert client.get(f"/media/{db.session.scalar(select(Media.id))}/thumb").status_code == 404
    assert client.get(f"/quests/{survey}/wall").status_code == 404
    assert f"/quests/{survey}/start" in client.get(f"/quests/{survey}").text, "it has an ordinary page"


def test_who_has_left_has_no_name_on_the_wall(full_wall, make_member, login) -> None:
    quest, hang = full_wall
    author = make_member("zhoumo", name="周默")
    hang(author, 1)
    client = login(make_member("linxia"))
    assert "周默" in client.get(f"/quests/{quest}/wall").text
    change(update(Member).where(Member.id == author.id).values(left_at=clock.now()))
    for path in (f"/quests/{quest}/wall", "/quick"):
        page = client.get(path).text
        assert "周默" not in page
        assert "一位离开的会员" in page
