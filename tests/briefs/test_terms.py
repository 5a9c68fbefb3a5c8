"""Terms come before the start; what is confidential is known to nobody who hasn't agreed to them.

The words of a confidential call are planted where it has any; then every page that a member has is read by an
outsider, who may not know that there is one, and by somebody it is for, who may not know which.
"""

# ruff: noqa: E501 what is planted stands in one block

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.blueprints.impact.models import ImpactLine
from app.blueprints.inbox.models import Notice
from app.blueprints.library import services as library
from app.blueprints.media.models import Media
from app.blueprints.quests import services, services_review
from app.blueprints.quests.models import Quest, QuestVersion, Submission, TermsAgreement
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work
from tests.briefs.conftest import DRAFT, EN, HTMX

SECRET = "蓝鲸"
SECRET_EN = "Bluewhale"
TERMS, TERMS_EN = "不在别处提起。", "Mention it nowhere else."
NEUTRAL, NEUTRAL_EN = "一道保密命题", "A confidential call"
PLANTED: dict[str, Any] = {
    "title_en": f"{SECRET_EN} title", "summary": f"{SECRET}摘要", "summary_en": f"{SECRET_EN} summary",
    "needs": f"{SECRET}需要", "needs_en": f"{SECRET_EN} needs", "perk": f"{SECRET}礼", "perk_en": f"{SECRET_EN} perk",
    "steps": [DRAFT | {"title": f"{SECRET}步骤", "title_en": f"{SECRET_EN} step", "hint": f"{SECRET}提示"}],
    "stages": [{"title": f"{SECRET}一程", "title_en": f"{SECRET_EN} stage", "due_on": None}],
    "focus": [{"zh": f"{SECRET}焦点", "en": f"{SECRET_EN} focus"}], "format": f"{SECRET}形式",
    "criteria": [{"zh": f"{SECRET}标准", "en": f"{SECRET_EN} point", "hint": "", "hint_en": ""}],
    "results_ladder": [{"metric": "views", "from": 4321, "points": 5, "perk": f"{SECRET}阶"}],
    "change_note": f"{SECRET}改动", "terms": TERMS, "terms_en": TERMS_EN,
}  # fmt: skip


@pytest.fixture
def world(make_quest, make_resource, people, app) -> dict[str, Any]:
    """A confidential call for linxia by name, which a public quest opens and after which another opens."""
    first = make_quest("公开的", steps=[DRAFT], criteria=[])
    resource = make_resource("人人可读", author=people["xiaoman"])
    call = make_quest(
        f"{SECRET}命题", preset="open_call", confidential=True, named=[people["linxia"]],
        named_members_only=True, after=[], resources=[resource], track_key="photo", **PLANTED,
    )  # fmt: skip
    later = make_quest("之后的", after=[call], steps=[DRAFT], criteria=[])
    with unit_of_work():
        # its badge carries its name; publishing gives none to a call
        db.session.execute(update(Quest).where(Quest.id == call).values(badge_id=None))
        from app.blueprints.badges.models import Badge

        db.session.execute(
            update(Badge).where(Badge.key == f"quest-{call}").values(name="x", name_en="x", fact=None)
        )
        cover = db.session.scalar(
            Media.__table__.insert()
            .values(
                owner_id=people["luoning"].id, upload_key="c", belongs_to=f"quest:{call}", kind="photo",
                content_type="image/jpeg", storage_key="c", size_bytes=1, sha256="0" * 64, created_at=clock.now(),
            )
            .returning(Media.id)
        )  # fmt: skip
        db.session.execute(
            update(QuestVersion).where(QuestVersion.quest_id == call).values(cover_media_id=cover)
        )
    return {"first": first, "call": call, "later": later, "resource": resource, "cover": cover}


def crawl(client, start: list[str], **headers: Any) -> dict[str, tuple[int, str]]:
    """Every page of a member that links lead to, by address: status and text."""
    waiting, seen = list(start), {}
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 400:
            continue
        answer = client.get(path, **headers)
        seen[path] = (answer.status_code, answer.text if answer.mimetype == "text/html" else "")
        for link in re.findall(r'(?:href|hx-get|action)="(/[^"#]*)', seen[path][1]):
            link = link.replace("&amp;", "&")
            if not link.startswith(("/static", "/logout", "/media")) and link not in seen:
                waiting.append(link)
    return seen


def pages_of(world: dict[str, Any]) -> list[str]:
    numbers = range(1, 8)
    return [
        "/", "/quests", "/sky", "/me", "/inbox", "/impact", "/impact/people", "/wallet", "/rules", "/circle", "/posts",
        "/quests?part=start", "/quests?part=step", "/quests?part=doing", "/quests?part=lit", "/quests?track=photo",
        *(f"/quests/{n}" for n in numbers), *(f"/work/{n}" for n in numbers), *(f"/badges/{n}" for n in numbers),
        *(f"/members/{n}" for n in numbers), f"/library/{world['resource']}",
    ]  # fmt: skip


def words_of(pages: dict[str, tuple[int, str]]) -> str:
    return "\n".join(text for _, text in pages.values())


@pytest.mark.parametrize("language", [{}, EN])
def test_an_outsider_finds_nothing(world, people, client_of, language) -> None:
    outsider = client_of(people["xiaoman"])
    pages = crawl(outsider, pages_of(world), headers=language)
    assert len(pages) > 25
    found = words_of(pages)
    for secret in (SECRET, SECRET_EN, NEUTRAL, NEUTRAL_EN, TERMS, TERMS_EN):
        assert secret not in found, [path for path, (_, text) in pages.items() if secret in text]
    # not even by what comes after it
    lists = words_of({path: page for path, page in pages.items() if path.startswith(("/quests", "/sky"))})
    assert "之后的" not in lists
    assert "公开的" in found
    absent = outsider.get("/quests/987654", headers=language)
    own = outsider.get(f"/quests/{world['call']}", headers=language)
    assert own.status_code == 404
    # alike but for the numbers in the address and the form's token, which carries the second it was made in
    token_or_number = r'name="csrf[^>]*>|\d+'
    assert re.sub(token_or_number, "", own.text) == re.sub(token_or_number, "", absent.text)
    for path in (f"/quests/{world['call']}/start", f"/quests/{world['call']}/agree"):
        assert outsider.post(path, data={"agree": "2"}).status_code == 404
    assert outsider.get(f"/media/{world['cover']}/full").status_code == 404
    assert db.session.scalar(select(TermsAgreement.member_id)) is None


@pytest.mark.parametrize("language", [{}, EN])
def test_whom_it_is_for_reads_the_terms_first(world, people, client_of, language) -> None:
    member = client_of(people["linxia"])
    pages = crawl(member, pages_of(world), headers=language)
    found = words_of(pages)
    for secret in (SECRET, SECRET_EN):
        assert secret not in found, [path for path, (_, text) in pages.items() if secret in text]
    neutral, terms = (NEUTRAL_EN, TERMS_EN) if language else (NEUTRAL, TERMS)
    assert neutral in pages["/quests"][1]
    page = pages[f"/quests/{world['call']}"][1]
    assert neutral in page
    assert terms in page
    assert "4,321" not in found
    helpers = member.get(f"/work/1/helpers?q={SECRET}", headers=HTMX)
    assert SECRET not in helpers.text or helpers.status_code == 404
    assert member.get(f"/media/{world['cover']}/full").status_code == 404
    # the work on it begins only after agreeing
    refused = member.post(f"/quests/{world['call']}/start", headers=language)
    assert refused.status_code == 422
    assert SECRET not in refused.text
    assert db.session.scalar(select(Submission.id)) is None


def test_agreeing_opens_it(world, people, client_of) -> None:
    member = client_of(people["linxia"])
    page = member.get(f"/quests/{world['call']}").text
    version = re.search(r'name="agree" value="(\d+)"', page)
    assert version is not None
    agreed = member.post(f"/quests/{world['call']}/agree", data={"agree": version[1]})
    assert agreed.status_code == 303
    for _ in range(2):
        member.post(f"/quests/{world['call']}/agree", data={"agree": version[1]})
    assert len(db.session.scalars(select(TermsAgreement.version_id)).all()) == 1
    page = member.get(f"/quests/{world['call']}").text
    for words in (f"{SECRET}命题", f"{SECRET}摘要", f"{SECRET}步骤", f"{SECRET}焦点"):
        assert words in page
    assert f"{SECRET}命题" in member.get("/quests").text
    assert member.post(f"/quests/{world['call']}/start").status_code == 303
    # the other one still knows nothing
    assert SECRET not in client_of(people["xiaoman"]).get("/quests").text


def test_other_terms_veil_it_again(world, people, client_of, new_terms) -> None:
    member = client_of(people["linxia"])
    agreed = re.search(r'name="agree" value="(\d+)"', member.get(f"/quests/{world['call']}").text)
    assert agreed is not None
    # staff change a word elsewhere: who has agreed to these very terms needn't do it again
    new_terms(world["call"], terms=TERMS, terms_en=TERMS_EN, summary=f"{SECRET}新摘要")
    assert member.post(f"/quests/{world['call']}/agree", data={"agree": agreed[1]}).status_code == 303
    assert f"{SECRET}新摘要" in member.get(f"/quests/{world['call']}").text
    new_terms(world["call"], number=3, terms="新的约定。")
    page = member.get(f"/quests/{world['call']}").text
    assert SECRET not in page
    assert "新的约定。" in page
    stale = member.post(f"/quests/{world['call']}/agree", data={"agree": agreed[1]})
    assert stale.status_code == 409
    assert "约定刚刚改过" in stale.text
    assert SECRET not in stale.text


def test_those_who_helped_are_told_without_its_name(world, people, client_of) -> None:
    """The member names a helper who may not know of the call."""
    with unit_of_work():
        version = db.session.scalar(select(Quest.version_id).where(Quest.id == world["call"]))
    work = services.start_quest(world["call"], by=people["linxia"], agrees_to=version)
    draft = Draft(texts={"draft": "提案"}, helpers=[(people["xiaoman"].id, None)])
    services.submit_work(work, draft, by=people["linxia"])
    services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=people["luoning"])
    line = db.session.execute(select(ImpactLine.subject, ImpactLine.outcome)).one()
    notices = db.session.execute(
        select(Notice.title, Notice.body).where(Notice.member_id == people["xiaoman"].id)
    )
    told = f"{line} {notices.all()}"
    assert SECRET not in told
    assert SECRET_EN not in told
    assert NEUTRAL in told
    pages = crawl(client_of(people["xiaoman"]), pages_of(world))
    assert SECRET not in words_of(pages)


def test_staff_read_it(world, people, client_of) -> None:
    assert SECRET in client_of(people["luoning"]).get(f"/staff/quests/{world['call']}").text


# --- terms that are not confidential ----------------------------------------------------------------


def test_terms_are_ticked_before_the_start(make_quest, people, client_of) -> None:
    quest = make_quest("有约定", steps=[DRAFT], criteria=[], terms=TERMS, terms_en=TERMS_EN)
    member = client_of(people["linxia"])
    page = member.get(f"/quests/{quest}").text
    assert "有约定" in page
    assert TERMS in page
    refused = member.post(f"/quests/{quest}/start")
    assert refused.status_code == 422
    assert "先勾上同意约定" in refused.text
    assert 'aria-invalid="true"' in refused.text
    ticked = re.search(r'name="agree" value="(\d+)"', page)
    assert ticked is not None
    assert member.post(f"/quests/{quest}/start", data={"agree": "999"}).status_code == 409
    assert db.session.scalar(select(Submission.id)) is None
    started = member.post(f"/quests/{quest}/start", data={"agree": ticked[1]})
    assert started.status_code == 303
    # a double tap starts once
    again = member.post(f"/quests/{quest}/start", data={"agree": ticked[1]})
    assert again.headers["Location"] == started.headers["Location"]
    db.session.rollback()
    assert db.session.scalar(select(TermsAgreement.agreed_at)) > clock.now() - timedelta(minutes=1)


def test_a_quest_without_terms_asks_nothing(make_quest, people, client_of) -> None:
    quest = make_quest("没有约定", steps=[DRAFT], criteria=[])
    member = client_of(people["linxia"])
    assert 'name="agree"' not in member.get(f"/quests/{quest}").text
    assert member.post(f"/quests/{quest}/start").status_code == 303


def test_a_library_page_says_nothing_of_it(world, people, client_of) -> None:
    for who in ("linxia", "xiaoman"):
        page = client_of(people[who]).get(f"/library/{world['resource']}").text
        assert NEUTRAL not in page
        assert SECRET not in page


def test_only_library_authors_are_found(people, app) -> None:
    """The planted word is searchable where it should be: the crawl looks for what could be found."""
    library.publish_resource(kind="tutorial", title=SECRET, body="x", author_id=people["xiaoman"].id)
    from app.blueprints.quests.queries import find_helpers

    assert [row.title for row in find_helpers(SECRET, people["linxia"])] == [SECRET]
