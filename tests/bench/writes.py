"""Prepares what the measured writes act on, each request on rows of its own, and prints it as JSON.

    python -m tests.bench.writes cookies   {page name: cookie} of tests.bench.pages
    python -m tests.bench.writes 400       400 works ready to be sent, as many sent works to be
                                           approved, and members who can pay for a good

Made through the services. Job i goes with cookie i % len(cookies), whose session holds its CSRF token.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Flask, session
from flask_login import login_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy import event, text

from app import create_app
from app.blueprints.mall import services_items
from app.blueprints.members import queries as member_queries
from app.blueprints.members import services as members
from app.blueprints.points import services as points
from app.blueprints.quests import (
    policies_presets,
    services,
    services_publish,
    services_review,
    services_staff,
)
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.i18n import pair
from app.core.uow import unit_of_work
from tests.bench.pages import cookie_for, pages

REVIEWERS = 8
WARM = 2
WORDS = (
    "The lamp at the corner, and why I stopped there: it had rained, and every drop on the glass held one."
)
GOOD: dict[str, Any] = {
    "name": "山脊保温杯", "name_en": "Ridge mug", "price": 300, "pickup": "店里", "pickup_en": "The shop",
    "opens_at": clock.now(),
}  # fmt: skip
SAVED: dict[str, Any] = {"rule_key": None, "title": pair("攒的", "Saved up"), "acted_at": clock.now()}


def signed_in(app: Flask, member_id: int) -> tuple[str, str]:
    """A signed-in browser's cookie, and the CSRF token of its forms."""
    # a context of its own: flask-wtf keeps the token of a request in `g`
    with app.app_context(), app.test_request_context():
        found = member_queries.signed_in(members.open_session(member_id))
        assert found is not None
        login_user(found[0])
        token = generate_csrf()
        response = app.response_class()
        app.session_interface.save_session(app, session._get_current_object(), response)  # type: ignore[attr-defined]
        return response.headers["Set-Cookie"].split(";")[0], token


def quest(name: str, by: Actor) -> int:
    """A live challenge that asks for two texts, read by staff, paid by a public rule."""
    quest_id = services_staff.create_quest("skill_challenge", by=by)
    steps: list[policies_presets.Step] = [
        {"key": key, "title": key, "title_en": key, "evidence": "text", "required": True}
        for key in ("settings", "line")
    ]
    services_staff.save_quest(
        quest_id,
        {
            "title": name, "title_en": name, "steps": steps, "rule_key": "original_post",
            "review_mode": "staff",
            "criteria": [{"zh": "清楚", "en": "Clear", "hint": "", "hint_en": ""}],
            "scores": [{"zh": "光", "en": "Light"}, {"zh": "讲述", "en": "Telling"}],
        },
        by=by,
    )  # fmt: skip
    services_publish.publish_quest(quest_id, by=by)
    return quest_id


def prepared(app: Flask, most: int) -> dict[str, dict[str, Any]]:
    publisher = actor("luoning")
    found = db.session.scalars(
        text("SELECT id FROM member WHERE login LIKE 'koc%' ORDER BY id LIMIT :most"), {"most": most + WARM}
    ).all()
    if len(found) < most + WARM:
        raise SystemExit(f"{most} writes need as many members and {WARM} more: load a larger demo")
    helper = db.session.execute(text("SELECT id FROM member WHERE login = 'zhoumo'")).scalar()
    with unit_of_work():
        sending, reading = quest("To be sent", publisher), quest("To be read", publisher)
        reviewers = [reviewer(number) for number in range(REVIEWERS)]
        people = [member_queries.as_actor(member_id) for member_id in found]
        works = [services.start_quest(sending, by=each) for each in people]
        draft = services.Draft(texts={"settings": WORDS, "line": WORDS}, helpers=[(helper, None)])
        sent = [services.start_quest(reading, by=each) for each in people]
        for number, (work, each) in enumerate(zip(sent, people, strict=True)):
            services.submit_work(work, draft, by=each)
            services_review.open_for_review(work, by=reviewers[number % REVIEWERS])
        good = services_items.add_item("physical", by=publisher, stock=len(people), **GOOD)
        services_items.set_state(good, "live", by=publisher)
        for each in people:
            points.award(each.id, key=f"bench:{good}:{each.id}", promised=GOOD["price"], **SAVED)
    members_in = [signed_in(app, each.id) for each in people]
    reviewers_in = [signed_in(app, each.id) for each in reviewers]
    answer = {
        "whole": "1", "text:settings": WORDS, "text:line": WORDS, "helper": f"m:{helper}",
        "library_consent": "1",
    }  # fmt: skip
    verdict = {
        "decision": "approve",
        "round": 1,
        "highlight": WORDS,
        "suggestion": WORDS,
        "score-0": 4,
        "score-1": 5,
    }
    return {
        "submit": jobs([f"/work/{work}/submit" for work in works], answer, members_in),
        "approve": jobs([f"/review/{work}" for work in sent], verdict, reviewers_in),
        "redeem": jobs(
            [f"/mall/{good}/redeem"] * len(people),
            {"token": "bench", "price": GOOD["price"], "address": "pickup"},
            members_in,
        ),
    }


def jobs(paths: Sequence[str], form: dict[str, Any], browsers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The requests; the last few are for `counted`, which takes them out again."""
    return {
        "jobs": [
            [path, urlencode({"csrf_token": browsers[number % len(browsers)][1]} | form)]
            for number, path in enumerate(paths)
        ],
        "cookies": [cookie for cookie, _token in browsers],
    }


def counted(app: Flask, plan: dict[str, Any]) -> int:
    """How many statements one such request takes, warm, in process."""
    statements: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    cookies = plan["cookies"]
    for number in range(len(plan["jobs"]) - WARM, len(plan["jobs"])):
        path, body = plan["jobs"][number]
        statements.clear()
        response = app.test_client(use_cookies=False).post(
            path,
            data=body,
            content_type="application/x-www-form-urlencoded",
            headers={"Cookie": cookies[number % len(cookies)]},
        )
        assert response.status_code == 303, (
            path,
            response.status_code,
            response.get_data(as_text=True)[:2000],
        )
    del plan["jobs"][-WARM:]
    return len([one for one in statements if not one.startswith(("BEGIN", "PRAGMA"))])


def actor(login: str) -> Actor:
    member_id = db.session.execute(
        text("SELECT id FROM member WHERE login = :login"), {"login": login}
    ).scalar()
    return member_queries.as_actor(member_id)  # type: ignore[arg-type]


def reviewer(number: int) -> Actor:
    login = f"bench-reviewer-{number}"
    known = db.session.execute(text("SELECT id FROM member WHERE login = :login"), {"login": login}).scalar()
    member_id = known or members.add_member(login=login, name=login, capabilities=("reviewer",))
    return member_queries.as_actor(member_id)


def main() -> None:
    app = create_app()
    if sys.argv[1] == "cookies":
        with app.app_context():
            print(json.dumps({page.name: cookie_for(app, page.login) for page in pages()}))
        return
    with app.app_context():
        plan = prepared(app, int(sys.argv[1]))
    for each in plan.values():
        each["queries"] = counted(app, each)
    print(json.dumps(plan))


if __name__ == "__main__":
    main()
