"""Posts with their thank-you links: what a member takes along, what a title and a cover change, and the
milestones that reach passes."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import func, select

from app.blueprints.impact import (
    queries_posts,
    queries_thanks,
    services_links,
    services_posts,
    services_thanks,
)
from app.blueprints.impact.models import Helped, HelpedReader, ImpactBundle, ImpactLine, ThanksLink
from app.blueprints.impact.policies_links import shared
from app.blueprints.impact.policies_posts import MILESTONES
from app.blueprints.impact.services_posts import Said
from app.blueprints.media.models import Media
from app.blueprints.members.models import Member
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work
from tests.briefs.conftest import EN, client_of
from tests.quests.conftest import counted, photo

__all__ = ["client_of"]


@pytest.fixture
def author(make_member):
    return make_member("linxia", name="林夏")


@pytest.fixture
def desk(make_member):
    return make_member("luoning", capabilities=("reviewer",))


@pytest.fixture
def mine(author, client_of):
    return client_of(author)


def register(author, number: int = 1, title: str = "夜拍三件事") -> int:
    found = shared(f"【{title}】https://www.xiaohongshu.com/explore/64f1a2b3c4d5e6f70819{number:04}")
    with unit_of_work():
        return services_posts.register(found, member_id=author.id)[0]


def code_of(post: int) -> str:
    db.session.rollback()
    return db.session.scalars(select(ThanksLink.code).where(ThanksLink.about == f"post:{post}")).one()


def thank(post: int, reader: str | int) -> None:
    services_thanks.thank(code_of(post), services_thanks.Said(outcome="learned"), reader=reader)


def views(desk, post: int, *values: int) -> None:
    said = [Said(post, "views", value, clock.now()) for value in values]
    services_posts.import_figures(said, by=desk)


# --- the link ---------------------------------------------------------------------------------------


def test_a_post_shows_its_link_to_copy_and_to_take_along(author, mine) -> None:
    post = register(author)
    code = code_of(post)
    for path in ("/posts", f"/posts/{post}"):
        page = mine.get(path, headers=EN).text
        assert f'value="http://localhost/t/{code}" readonly' in page
        assert f'data-copy="http://localhost/t/{code}"' in page
        assert 'role="img" aria-label="QR code of the thank-you link"' in page
        for name in ("picture.png", "qr.png", "qr.svg"):
            assert f"/thanks-link/{code}/{name}" in page
        assert 'class="lamp"' not in page
    # and it is where a reader arrives
    assert "夜拍三件事" in mine.application.test_client().get(f"/t/{code}").text


def test_every_picture_leads_to_the_readers_page(author, mine) -> None:
    code = code_of(register(author))
    for name in ("picture.png", "qr.png"):
        answer = mine.get(f"/thanks-link/{code.lower()}/{name}")
        assert answer.content_type == "image/png"
        picture = Image.open(BytesIO(answer.data)).convert("RGB")
        assert [one.text for one in zxingcpp.read_barcodes(picture)] == [f"http://localhost/t/{code}"]
    drawn = mine.get(f"/thanks-link/{code}/qr.svg")
    assert drawn.content_type == "image/svg+xml"
    assert drawn.text.startswith("<?xml")
    assert mine.get(f"/thanks-link/{code}/qr.gif").status_code == 404


def test_the_code_on_the_page_is_the_code_of_the_file(author, mine) -> None:
    """The SVG that the page draws, painted and read."""
    post = register(author)
    page = mine.get(f"/posts/{post}").text
    size, path = re.search(r'class="qr" viewBox="0 0 (\d+) \d+".*?<path d="([^"]+)"', page).groups()
    wide = int(size) + 8
    picture = Image.new("L", (wide, wide), 255)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        picture.paste(0, (int(x) + 4, int(y) + 4, int(x) + 4 + int(run), int(y) + 5))
    read = zxingcpp.read_barcodes(picture.resize((wide * 6, wide * 6), Image.Resampling.NEAREST))
    assert [one.text for one in read] == [f"http://localhost/t/{code_of(post)}"]


def test_pictures_are_for_their_author_alone(author, mine, make_member, client_of, app) -> None:
    code, stranger = code_of(register(author)), client_of(make_member("xiaoman"))
    for name in ("picture.png", "qr.png", "qr.svg"):
        assert stranger.get(f"/thanks-link/{code}/{name}").status_code == 404
        assert stranger.get(f"/thanks-link/ZZZZZZZ/{name}").status_code == 404
        assert app.test_client().get(f"/thanks-link/{code}/{name}").status_code == 303
        assert mine.get(f"/thanks-link/{code}/{name}").status_code == 200


def test_a_work_of_the_library_has_its_pictures_too(author, mine) -> None:
    with unit_of_work():
        title = {"zh": "三十秒成片", "en": "A cut in thirty seconds"}
        services_links.give_link("resource:5", member_id=author.id, kind="tutorial", title=title)
    code = queries_thanks.link_about("resource:5").code
    chinese, english = (mine.get(f"/thanks-link/{code}/picture.png", headers=h).data for h in ({}, EN))
    assert chinese != english
    assert mine.get(f"/thanks-link/{code}/qr.svg").status_code == 200


def test_a_picture_is_sent_once_and_again_when_it_says_something_else(author, mine) -> None:
    post = register(author)
    path = f"/thanks-link/{code_of(post)}/picture.png"
    first = mine.get(path)
    assert first.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["ETag"]}
    again = mine.get(path, headers=known)
    assert (again.status_code, again.data) == (304, b"")
    other = mine.get(path, headers={**EN, **known})
    assert other.status_code == 200
    mine.post(f"/posts/{post}/look", data={"title": "雨夜三件事", "key": "k"})
    changed = mine.get(path, headers=known)
    assert changed.status_code == 200
    assert changed.data != first.data


def test_who_wishes_not_to_be_named_is_not_in_the_picture(author, mine) -> None:
    path = f"/thanks-link/{code_of(register(author))}/picture.png"
    named = mine.get(path).data
    with unit_of_work():
        db.session.get(Member, author.id).named_to_helpers = False
    assert mine.get(path).data != named


# --- who says it helped -----------------------------------------------------------------------------


def test_people_are_counted_once_over_ones_posts(author, mine, make_member) -> None:
    first, second = register(author), register(author, 2, "雨天的车")
    friend = make_member("friend")
    for reader in ("r1", "r2", friend.id):
        thank(first, reader)
    thank(second, "r1")
    thank(second, friend.id)
    found = queries_posts.posts(author.id, None)
    assert found.people == 3
    assert {row.id: row.helped for row in found.rows} == {first: 3, second: 2}
    page = mine.get("/posts", headers=EN).text
    assert re.search(r'Say it helped</dt><dd><a class="link" href="/impact/people\?helped=posts">3</a>', page)
    assert "3 say it helped" in page
    assert "2 say it helped" in page
    # reach is none of it, and another's thanks neither
    other = register(make_member("other"), 3)
    thank(other, "r9")
    assert queries_posts.posts(author.id, None).people == 3


def test_pages_keep_their_number_of_queries(author, desk, mine) -> None:
    post = register(author)
    for more in range(2):
        for path, budget in (("/posts", 3), (f"/posts/{post}", 3)):
            mine.get(path)
            with counted() as said:
                assert mine.get(path).status_code == 200
            assert len(said) == budget, (path, said)
        if not more:
            for number in range(5, 12):
                thank(register(author, number, f"第 {number} 篇"), f"r{number}")
                thank(post, f"r{number}")
                views(desk, post, 900 + number)
    with counted() as said:
        mine.get(f"/thanks-link/{code_of(post)}/picture.png")
    assert len(said) <= 3, said


# --- title and cover --------------------------------------------------------------------------------


def covers() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(Media.id).where(Media.belongs_to.like("post-cover:%"))))


def look(client, post: int, key: str, **form):
    return client.post(f"/posts/{post}/look", data={"title": "雨夜三件事", "key": key, **form})


def test_a_title_and_a_cover_reach_the_readers_page(author, mine, make_member, client_of) -> None:
    post = register(author)
    done = look(mine, post, "k1", cover=(photo(), "x.jpg"))
    assert done.status_code == 303
    (cover,) = covers()
    assert f"/media/{cover}/thumb" in mine.get(f"/posts/{post}").text
    reader = mine.application.test_client().get(f"/t/{code_of(post)}").text
    assert "雨夜三件事" in reader
    assert "夜拍三件事" not in reader
    assert f"/t/{code_of(post)}/cover" in reader
    # a cover is every member's to see
    assert client_of(make_member("xiaoman")).get(f"/media/{cover}/thumb").status_code == 200
    # only the title again: the cover stays; another cover takes its place; and it can be taken away
    look(mine, post, "k2")
    assert covers() == [cover]
    assert look(mine, post, "k3", cover=(photo(), "y.jpg")).status_code == 303
    (second,) = covers()
    assert second != cover
    look(mine, post, "k3", cover=(photo(), "y.jpg"))  # sent twice
    assert covers() == [second]
    look(mine, post, "k4", uncover="1")
    assert covers() == []
    assert "/cover" not in mine.application.test_client().get(f"/t/{code_of(post)}").text


def test_what_cannot_be_a_title_or_a_cover_is_said_and_kept(author, mine, make_member, client_of) -> None:
    post = register(author)
    for title, cover in (("  ", None), ("长" * 81, None), ("好标题", (BytesIO(b"no picture"), "x.jpg"))):
        form = {"cover": cover} if cover else {}
        answer = look(mine, post, "k", title=title, **form)
        assert answer.status_code == 422
        assert 'id="f-cover-e"' in answer.text if cover else 'id="f-title-e"' in answer.text
        assert f'value="{title}"' in answer.text
    assert covers() == []
    assert "夜拍三件事" in mine.get(f"/posts/{post}").text
    assert look(client_of(make_member("xiaoman")), post, "k").status_code == 404


# --- milestones -------------------------------------------------------------------------------------


def reached() -> list[str]:
    db.session.rollback()
    lines = select(ImpactLine.key).where(ImpactLine.kind == "reach").order_by(ImpactLine.id)
    return list(db.session.scalars(lines))


def test_the_highest_new_milestone_is_a_line_once(author, desk, mine) -> None:
    post = register(author)
    views(desk, post, 999)
    assert reached() == []
    views(desk, post, 1000)
    views(desk, post, 1500)
    assert reached() == [f"reach:{post}:1000"]
    # over two at once, in one file with others: the higher alone; what is lower comes too late
    views(desk, post, 20_000, 73_000, 1200)
    assert reached() == [f"reach:{post}:1000", f"reach:{post}:50000"]
    views(desk, post, 12_000)
    views(desk, post, 5_000_000)
    assert reached()[2:] == [f"reach:{post}:{MILESTONES[-1]}"]
    # about nobody in particular: no person is counted for it
    for table in (Helped, HelpedReader):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert db.session.scalars(select(ImpactBundle.lines)).all() == [1, 1, 1]
    page = mine.get("/impact?show=milestones", headers=EN).text
    assert "was read 50,000 times" in page
    line = db.session.scalar(select(ImpactLine.id).where(ImpactLine.key == f"reach:{post}:50000"))
    assert f'href="/impact/lines/{line}"' in page
    proof = mine.get(f"/impact/lines/{line}", headers=EN).text
    assert "夜拍三件事" in proof
    assert f'href="/posts/{post}"' in proof


def test_only_figures_that_count_are_milestones(author, desk, mine) -> None:
    post = register(author)
    services_posts.report_figures(post, {"views": 12_000, "likes": 60_000}, key="a", by=author)
    assert reached() == []
    services_posts.decide_report(1, confirm=False, by=desk)
    assert reached() == []
    services_posts.report_figures(post, {"views": 1_100, "likes": 60_000}, key="b", by=author)
    services_posts.decide_report(3, confirm=True, by=desk)
    assert reached() == [f"reach:{post}:1000"]
    # the same post for a quest counts its figures for that; no milestone again
    register(author)
    assert len(reached()) == 1


def test_two_posts_of_one_file_each_have_theirs(author, desk, make_member) -> None:
    other = make_member("other")
    posts = [register(author), register(other, 2), register(author, 3)]
    said = [Said(post, "views", 10_000 * (n + 1), clock.now()) for n, post in enumerate(posts)]
    services_posts.import_figures(said, by=desk)
    assert sorted(reached()) == [f"reach:{post}:10000" for post in posts]
