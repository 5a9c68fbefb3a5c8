"""A badge's page: what it takes, who has it, when it was lit."""

from __future__ import annotations

import pytest

from app.blueprints.badges import services
from app.blueprints.badges.policies import Takes, what_it_takes
from app.core.uow import unit_of_work


def define(key: str, **more) -> int:
    values = {"track_key": "photo", "icon": "i-camera", "rung": 1, "fact": "quest.approved", **more}
    with unit_of_work():
        return services.define_badge(key=key, name=f"{key}徽章", name_en=f"{key} badge", **values)


def happen(member, key: str, *scopes: str) -> None:
    with unit_of_work():
        services.record_fact(
            member.id,
            "quest.approved",
            key=key,
            scopes=scopes,
            link="/work/7",
            story={"zh": "x", "en": "My work"},
        )


@pytest.mark.parametrize(
    ("fact", "scope", "takes"),
    [
        ("quest.approved", "quest:12", Takes("quest", 12)),
        ("quest.approved", "track:photo", Takes("track")),
        ("quest.approved", "", Takes("quests")),
        ("member.months", "", Takes("other")),
        (None, "", Takes("given")),
    ],
)
def test_what_it_takes(fact, scope, takes) -> None:
    assert what_it_takes(fact, scope) == takes


def test_the_page_before_and_after(make_member, login) -> None:
    linxia, other = make_member("linxia"), make_member("other")
    night = define("Night", fact_scope="quest:12")
    ten = define("Ten", fact_scope="track:photo", fact_count=10)
    client = login(linxia)

    def text(badge: int) -> str:
        return client.get(f"/badges/{badge}", headers={"Accept-Language": "en"}).get_data(as_text=True)

    assert "Not lit yet" in text(night)
    assert 'href="/quests/12"' in text(night)
    happen(other, "o", "quest:12", "track:photo")
    happen(linxia, "l", "quest:12", "track:photo")
    client.get("/lit/2")
    page = text(night)
    for words in ("You lit it", "2 people", "number 2", 'href="/work/7"', "My work", 'href="/lit/2"'):
        assert words in page, words
    assert "1 of 10 so far" in text(ten)
    assert "Complete 10 quests of Photography" in text(ten)


def test_a_badge_that_is_not_there(make_member, login) -> None:
    client = login(make_member("linxia"))
    for path in ("/badges/1", f"/badges/{10**20}"):
        assert client.get(path).status_code == 404
