"""A brief in two stages, an open call, and the people around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.blueprints.badges import services as badges
from app.blueprints.quests import services, services_review, services_stages
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core.actor import Actor
from tests.conftest import PASSWORD
from tests.quests.conftest import counted, make_quest, make_resource, new_terms

__all__ = ["counted", "make_quest", "make_resource", "new_terms"]

STAGES = [
    {"title": "草稿", "title_en": "Draft", "due_on": None},
    {"title": "发布", "title_en": "Publish", "due_on": "2027-01-09"},
]
DRAFT = {"key": "draft", "title": "交草稿", "title_en": "Send a draft", "evidence": "text", "required": True}
LINK = {"key": "link", "title": "贴链接", "title_en": "Paste the link", "evidence": "link", "stage": 2}
LADDER = [
    {"metric": "views", "from": 1000, "points": 20, "perk": ""},
    {"metric": "views", "from": 10000, "points": 50, "perk": ""},
    {"metric": "saves", "from": 200, "points": 0, "perk": "一封手写的信"},
]
BRIEF: dict[str, Any] = {
    "preset": "brief", "stages": STAGES, "steps": [DRAFT, LINK], "results_ladder": LADDER, "draft_rounds": 2,
    "focus": [{"zh": "早晚各一段", "en": "One stretch each way"}],
    "format": "图文九张", "format_en": "Nine photos",
    "criteria": [{"zh": "注明里程", "en": "State the mileage"}, {"zh": "注明身份", "en": "Say who you are"}],
    "rule_key": "original_post",
}  # fmt: skip
POST = "https://www.xiaohongshu.com/explore/64f1a2b3c4d5e6f708192a3b"
SHARED = f"38 【夜拍三件事 - 林夏 | 小红书 - 你的生活指南】 😆 {POST}?source=webshare 复制打开"
HTMX = {"HX-Request": "true"}
EN = {"Accept-Language": "en"}


@pytest.fixture
def brief(make_quest: Callable[..., int]) -> int:
    return make_quest("上班路上", **BRIEF)


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> dict[str, Actor]:
    return {
        "linxia": make_member("linxia", name="林夏", tier="contributor"),
        "xiaoman": make_member("xiaoman", name="小满", tier="contributor"),
        "luoning": make_member("luoning", name="罗宁", capabilities=("reviewer", "publisher")),
        "guyan": make_member("guyan", name="顾言", capabilities=("reviewer",)),
    }


@pytest.fixture
def client_of(app: Flask, client: FlaskClient) -> Callable[[Actor], FlaskClient]:
    """client_of(member) -> a client of their own, signed in."""

    def sign_in(who: Actor) -> FlaskClient:
        own = app.test_client()
        answer = own.post("/login", data={"login": who.login, "password": PASSWORD})
        assert answer.status_code == 303
        return own

    return sign_in


def verdict(round_: int, decision: str, **more: Any) -> dict[str, Any]:
    """A verdict as the review page sends it."""
    said = {"highlight": "开头很好", "suggestion": "早晚分开写", "reason": "看不清"}
    return {"round": str(round_), "decision": decision, **said, **more}


@pytest.fixture
def through(brief: int, people: dict[str, Actor]) -> int:
    """linxia's work on the brief, whose draft is through."""
    work = services.start_quest(brief, by=people["linxia"])
    services.submit_work(work, Draft(texts={"draft": "第一版"}), by=people["linxia"])
    services_stages.pass_stage(work, Verdict(round=1, highlight="好"), by=people["luoning"])
    return work


@pytest.fixture
def lit(through: int, people: dict[str, Actor]) -> int:
    """The same, published and approved."""
    services.submit_work(through, Draft(texts={"link": POST}), by=people["linxia"])
    services_review.approve_submission(through, Verdict(round=2, highlight="好"), by=people["luoning"])
    badges.show_lit(1, by=people["linxia"].id)
    return through
