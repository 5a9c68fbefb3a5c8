"""Publishing at the level of commands: drafts, versions, states, the check before publishing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.badges.models import Badge
from app.blueprints.quests import policies_presets, queries_staff, services, services_publish, services_staff
from app.blueprints.quests.models import Quest, QuestVersion, Submission
from app.blueprints.quests.policies_presets import QuestIn
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, Refused, Stale


@pytest.fixture
def publisher(make_member: Callable[..., Actor]) -> Actor:
    return make_member("luoning", name="罗宁", capabilities=("publisher",))


@pytest.fixture
def draft(publisher: Actor) -> int:
    """A draft that could be published."""
    quest_id = services_staff.create_quest("skill_challenge", by=publisher)
    services_staff.save_quest(
        quest_id,
        QuestIn(title="雾里的路", title_en="The road in fog", track_key="photo", icon="i-road"),
        by=publisher,
    )
    return quest_id


def state_of(quest_id: int) -> str:
    db.session.rollback()
    return db.session.scalar(select(Quest.state).where(Quest.id == quest_id))


def test_every_preset_begins_with_what_it_needs(publisher: Actor) -> None:
    for preset in policies_presets.PRESETS_DEFAULTS:
        quest = queries_staff.whole(services_staff.create_quest(preset, by=publisher))
        assert quest.state == "draft"
        assert quest.steps
        assert quest.steps[0]["title_en"].isascii()
        musts = {f.field for f in services_publish.check_quest(quest.id) if f.must}
        assert musts == {"title"}


def test_only_publishers_write(draft: int, make_member: Callable[..., Actor]) -> None:
    reader = make_member("linxia", capabilities=("reviewer",))
    for act in (
        lambda: services_staff.create_quest("skill_challenge", by=reader),
        lambda: services_staff.save_quest(draft, QuestIn(title="x"), by=reader),
        lambda: services_publish.publish_quest(draft, by=reader),
        lambda: services_staff.duplicate_quest(draft, by=reader),
        lambda: services_publish.close_quest(draft, by=reader),
    ):
        with pytest.raises(Forbidden):
            act()


def test_published_at_once_for_the_right_tier(
    draft: int, publisher: Actor, make_member: Callable[..., Actor]
) -> None:
    right, other = make_member("anan", tier="contributor"), make_member("beibei", tier="participant")
    services_staff.save_quest(draft, QuestIn(tiers=("contributor",)), by=publisher)
    with pytest.raises(NotFound):
        services.start_quest(draft, by=right)
    assert services_publish.publish_quest(draft, by=publisher) == "live"
    assert services.start_quest(draft, by=right)
    with pytest.raises(NotFound):
        services.start_quest(draft, by=other)
    assert db.session.scalar(select(Badge.name).where(Badge.key == f"quest:{draft}")) == "雾里的路"
    acts = db.session.scalars(
        select(AuditLine.act).where(AuditLine.subject == f"quest:{draft}").order_by(AuditLine.id)
    ).all()
    assert acts == ["quest.create", "quest.save", "quest.save", "quest.publish"]


def test_who_has_started_keeps_the_terms(
    draft: int, publisher: Actor, make_member: Callable[..., Actor]
) -> None:
    early, late = make_member("early"), make_member("late")
    services_publish.publish_quest(draft, by=publisher)
    first = services.start_quest(draft, by=early)
    saved = services_staff.save_quest(
        draft,
        QuestIn(title="雾里的桥", rule_key="quest", points=7, change_note="桥更好找"),
        by=publisher,
    )
    assert saved.new_version
    second = services.start_quest(draft, by=late)
    rows = dict(
        db.session.execute(
            select(Submission.id, QuestVersion.title).join(
                QuestVersion, QuestVersion.id == Submission.version_id
            )
        ).all()  # type: ignore[arg-type]
    )
    assert rows == {first: "雾里的路", second: "雾里的桥"}
    promised = dict(db.session.execute(select(Submission.id, Submission.promised_points)).all())  # type: ignore[arg-type]
    assert promised == {first: 100, second: 7}
    assert db.session.scalar(select(Badge.name).where(Badge.key == f"quest:{draft}")) == "雾里的桥"
    again = services_staff.save_quest(draft, QuestIn(title="雾里的桥"), by=publisher)
    assert again.number == saved.number
    # where it stands changes at once, without a version
    assert not services_staff.save_quest(draft, QuestIn(capacity=50), by=publisher).new_version


def test_scheduled_is_hidden_until_it_opens(
    draft: int, publisher: Actor, make_member: Callable[..., Actor]
) -> None:
    member = make_member("linxia")
    opens = clock.now() + timedelta(days=3)
    assert services_publish.publish_quest(draft, by=publisher, at=opens) == "scheduled"
    assert queries_staff.whole(draft).shown_state == "scheduled"
    with pytest.raises((Refused, NotFound)):
        services.start_quest(draft, by=member)
    # nobody could have started: still the first version
    assert not services_staff.save_quest(draft, QuestIn(summary="新的一句"), by=publisher).new_version
    with clock.at(opens + timedelta(seconds=1)):
        assert queries_staff.whole(draft).shown_state == "live"
        assert services.start_quest(draft, by=member)
        with pytest.raises(Refused):
            services_publish.unschedule_quest(draft, by=publisher)


def test_another_moment_and_twice(draft: int, publisher: Actor) -> None:
    soon, later = clock.now() + timedelta(days=1), clock.now() + timedelta(days=5)
    assert services_publish.publish_quest(draft, by=publisher, at=soon) == "scheduled"
    assert services_publish.publish_quest(draft, by=publisher, at=later) == "scheduled"
    assert queries_staff.whole(draft).opens_at == later
    assert services_publish.publish_quest(draft, by=publisher, at=clock.now()) == "live"
    assert services_publish.publish_quest(draft, by=publisher, at=clock.now(), seen="an old page") == "live"
    assert db.session.scalar(select(func.count()).select_from(Badge)) == 1


def test_what_is_over_opens_again_without_its_end(
    draft: int, publisher: Actor, make_member: Callable[..., Actor]
) -> None:
    services_staff.save_quest(draft, QuestIn(closes_at=clock.now() + timedelta(days=2)), by=publisher)
    services_publish.publish_quest(draft, by=publisher)
    with clock.at(clock.now() + timedelta(days=3)):
        assert queries_staff.whole(draft).shown_state == "closed"
        assert services_publish.reopen_quest(draft, by=publisher) == "live"
        assert services.start_quest(draft, by=make_member("linxia"))
        assert queries_staff.whole(draft).closes_at is None


def test_unscheduled_is_a_draft_again(draft: int, publisher: Actor) -> None:
    services_publish.publish_quest(draft, by=publisher, at=clock.now() + timedelta(days=3))
    services_publish.unschedule_quest(draft, by=publisher)
    assert state_of(draft) == "draft"
    assert services_publish.publish_quest(draft, by=publisher, at=clock.now()) == "live"
    assert db.session.scalar(select(func.count()).select_from(Badge)) == 1


def test_closing_and_what_follows(draft: int, publisher: Actor, make_member: Callable[..., Actor]) -> None:
    member, late = make_member("linxia"), make_member("late")
    services_publish.publish_quest(draft, by=publisher)
    work = services.start_quest(draft, by=member)
    services_publish.close_quest(draft, by=publisher)
    with pytest.raises(Refused):
        services.start_quest(draft, by=late)
    services.save_draft(work, services.Draft(texts={"s2": "还在写"}), by=member)
    with pytest.raises(Stale):
        services_publish.close_quest(draft, by=publisher)
    assert services_publish.reopen_quest(draft, by=publisher) == "live"
    assert services.start_quest(draft, by=late)
    services_publish.close_quest(draft, by=publisher)
    services_publish.archive_quest(draft, by=publisher)
    with pytest.raises(Stale):
        services_staff.save_quest(draft, QuestIn(title="x"), by=publisher)


def test_two_who_save_do_not_overwrite(
    draft: int, publisher: Actor, make_member: Callable[..., Actor]
) -> None:
    other = make_member("guanli", capabilities=("admin",))
    seen = queries_staff.whole(draft).token
    with clock.at(clock.now()):
        saved = services_staff.save_quest(draft, QuestIn(title="一"), by=publisher, seen=seen)
        assert saved.token != seen
        with pytest.raises(Stale):
            services_staff.save_quest(draft, QuestIn(summary="二"), by=other, seen=seen)
        services_staff.save_quest(draft, QuestIn(summary="二"), by=other, seen=saved.token)
    quest = queries_staff.whole(draft)
    assert (quest.title, quest.summary) == ("一", "二")


def test_of_many_at_once_one_saves(app: Flask, draft: int, publisher: Actor) -> None:
    """Eight tabs press save at the same moment: one is kept, the others hear of it."""
    seen = queries_staff.whole(draft).token
    db.session.rollback()
    start = Barrier(8)

    def save(n: int) -> str:
        with app.app_context():
            start.wait()
            try:
                services_staff.save_quest(draft, QuestIn(title=f"名字{n}"), by=publisher, seen=seen)
            except Stale:
                return "stale"
            finally:
                db.session.remove()
            return f"名字{n}"

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(save, range(8)))
    assert ends.count("stale") == 7
    assert queries_staff.whole(draft).title == next(end for end in ends if end != "stale")


def test_a_choice_keeps_its_options(draft: int, publisher: Actor) -> None:
    """Changes that don't speak of them must not lose them."""
    options = [{"key": "a", "zh": "甲", "en": ""}, {"key": "b", "zh": "乙", "en": ""}]
    services_staff.save_quest(
        draft,
        QuestIn(steps=[{"key": "vote", "title": "选", "evidence": "choice", "options": options}]),
        by=publisher,
    )
    services_staff.save_quest(
        draft, QuestIn(steps=[{"key": "vote", "title": "选一个", "evidence": "choice"}]), by=publisher
    )
    assert queries_staff.whole(draft).steps[0]["options"] == options


def test_duplicate_is_a_draft_without_dates(draft: int, publisher: Actor) -> None:
    services_staff.save_quest(
        draft,
        QuestIn(
            opens_at=clock.now(),
            closes_at=clock.now() + timedelta(days=9),
            named_logins=["luoning"],
            capacity=5,
        ),
        by=publisher,
    )
    services_publish.publish_quest(draft, by=publisher)
    copy = queries_staff.whole(services_staff.duplicate_quest(draft, by=publisher))
    assert (copy.state, copy.opens_at, copy.closes_at, copy.named_logins) == ("draft", None, None, ())
    assert (copy.capacity, copy.steps) == (5, queries_staff.whole(draft).steps)
    assert copy.title != "雾里的路"
    assert copy.title.startswith("雾里的路")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (QuestIn(title="长" * 31), "title"),
        (QuestIn(effort_minutes=0), "effort_minutes"),
        (QuestIn(effort_minutes=10**9), "effort_minutes"),
        (QuestIn(track_key="nowhere"), "track_key"),
        (QuestIn(icon="i-nothing"), "icon"),
        (QuestIn(rung=4), "rung"),
        (QuestIn(requires=(999,)), "requires"),
        (QuestIn(resources=(999,)), "resources"),
        (QuestIn(named_logins=("nobody",)), "named_logins"),
        (QuestIn(rule_key="nothing"), "rule_key"),
        (QuestIn(rule_key="original_post", points=5), "points"),
        (QuestIn(capacity=0), "capacity"),
        (QuestIn(steps=[{"title": str(n)} for n in range(6)]), "steps"),
        (QuestIn(steps=[{"title": "x", "evidence": "gold"}]), "step-0-evidence"),
        (QuestIn(steps=[{"title": "x", "evidence": "photo", "min": 3, "max": 99}]), "step-0-max"),
        (QuestIn(criteria=[{"zh": str(n)} for n in range(6)]), "criteria"),
        (QuestIn(review_mode="nobody"), "review_mode"),
    ],
)
def test_what_cannot_be(draft: int, publisher: Actor, changes: QuestIn, field: str) -> None:
    before = queries_staff.whole(draft).values()
    with pytest.raises(Invalid) as refused:
        services_staff.save_quest(draft, changes, by=publisher)
    assert list(refused.value.fields) in ([field], [field, "points"])
    assert queries_staff.whole(draft).values() == before


def test_a_circle_of_prerequisites_is_refused(draft: int, publisher: Actor) -> None:
    second = services_staff.create_quest("skill_challenge", by=publisher)
    third = services_staff.create_quest("skill_challenge", by=publisher)
    services_staff.save_quest(second, QuestIn(requires=(draft,)), by=publisher)
    services_staff.save_quest(third, QuestIn(requires=(second,)), by=publisher)
    with pytest.raises(Invalid):
        services_staff.save_quest(draft, QuestIn(requires=(third,)), by=publisher)
    with pytest.raises(Invalid):
        services_staff.save_quest(draft, QuestIn(requires=(draft,)), by=publisher)


def test_the_check_says_what_is_missing_or_odd(publisher: Actor) -> None:
    quest_id = services_staff.create_quest("skill_challenge", by=publisher)
    services_staff.save_quest(
        quest_id, QuestIn(steps=[], tiers=(), criteria=[{"zh": "照片要高级"}], rule_key="quest"), by=publisher
    )
    found = services_publish.check_quest(quest_id)
    assert {f.field for f in found if f.must} == {"title", "steps", "tiers", "points"}
    assert {"title_en", "summary", "phrases", "criterion-0"} <= {f.field for f in found if not f.must}
    with pytest.raises(Invalid) as refused:
        services_publish.publish_quest(quest_id, by=publisher)
    assert {"title", "steps", "tiers", "points"} <= set(refused.value.fields)
    assert state_of(quest_id) == "draft"


def test_a_live_quest_stays_whole(draft: int, publisher: Actor) -> None:
    services_publish.publish_quest(draft, by=publisher)
    with pytest.raises(Invalid):
        services_staff.save_quest(draft, QuestIn(title=" "), by=publisher)
    with pytest.raises(Invalid):
        services_staff.save_quest(draft, QuestIn(steps=[]), by=publisher)


def test_places_never_fall_below_who_has_started(
    draft: int, publisher: Actor, make_member: Callable[..., Actor]
) -> None:
    services_publish.publish_quest(draft, by=publisher)
    for login in ("anan", "beibei"):
        services.start_quest(draft, by=make_member(login))
    with pytest.raises(Invalid):
        services_staff.save_quest(draft, QuestIn(capacity=1), by=publisher)
    services_staff.save_quest(draft, QuestIn(capacity=2), by=publisher)


def test_the_audience_is_counted(draft: int, publisher: Actor, make_member: Callable[..., Actor]) -> None:
    make_member("anan", tier="contributor")
    make_member("beibei", tier="cocreator")
    assert queries_staff.whole(draft).reach == 3
    services_staff.save_quest(draft, QuestIn(tiers=("contributor", "cocreator")), by=publisher)
    assert queries_staff.whole(draft).reach == 2
    services_staff.save_quest(draft, QuestIn(named_logins=("anan", "luoning")), by=publisher)
    assert queries_staff.whole(draft).reach == 1
    assert queries_staff.audience(("contributor", "cocreator"), 0, ("anan", "luoning")) == 1
    assert queries_staff.audience(("contributor", "cocreator"), 1, ()) == 0
