"""Every page of the app, from its url map, with ids found in the demo's database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine, text

from app import create_app
from app.config import Config
from app.core.access import declared_access
from app.core.actor import PERMISSIONS
from tests.browser.server import DemoServer

# answers that are no page: files, redirects, what machines ask; and a dialogue as its member reads it, which
# nobody of LOGINS has and the desk shows alike
NO_PAGES = {
    "static", "media.show", "health.healthz", "members_staff.invite_qr", "inbox.open", "quests.find_helpers",
    "answers.download", "results.table", "figures_staff.posts", "sky_staff.figure", "remarks.lines",
    "points.statement_csv", "thanks.cover", "thanks_links.code_alone", "thanks_links.picture", "impact.news",
    "impact.thanks", "reports.picture", "reports_staff.table", "reports_staff.works",
}  # fmt: skip

LOGINS = {
    "visitor": None,
    "member": "linxia",
    "mentor": "zhoumo",
    "staff": "luoning",
    "admin": "guanli",
}
CAPABILITIES = {"mentor": {"mentor"}, "staff": {"reviewer", "publisher"}, "admin": {"admin"}}

# which values an address takes for the reader :me; each row gives one page
VALUES: dict[str, str] = {
    "addresses.edit": "SELECT min(id) FROM address WHERE member_id = :me",
    "answers.show": "SELECT min(id) FROM quest WHERE preset = 'quick_task' GROUP BY kind",
    "badges.show": """
        SELECT badge_id FROM (SELECT badge_id FROM award WHERE member_id = :me ORDER BY id LIMIT 2) AS lit
        UNION SELECT id FROM (SELECT id FROM badge WHERE id NOT IN
            (SELECT badge_id FROM award WHERE member_id = :me) ORDER BY id LIMIT 1) AS unlit""",
    "home.lit": "SELECT id FROM award WHERE member_id = :me ORDER BY id DESC LIMIT 2",
    "impact_people.month": "SELECT substr(CAST(max(occurred_at) AS text), 1, 7) FROM impact_line",
    "impact.group": "SELECT max(id) FROM impact_bundle WHERE member_id = :me GROUP BY kind, lines > 1",
    "impact.line": """
        SELECT max(id) FROM impact_line WHERE member_id = :me
        GROUP BY kind, quote IS NULL, person_id IS NULL""",
    "library.read": "SELECT id FROM resource ORDER BY length(body) DESC, id LIMIT 3",
    "mall.asking": "SELECT min(id) FROM mall_item WHERE state = 'live' GROUP BY kind",
    "mall.item": "SELECT min(id) FROM mall_item GROUP BY kind, stock = 0, priority_star IS NULL",
    "mall.order": "SELECT max(id) FROM redemption WHERE member_id = :me GROUP BY kind, state",
    "codes_staff.form": "SELECT min(id) FROM mall_item WHERE kind = 'voucher'",
    "mall_staff.edit": "SELECT min(id) FROM mall_item GROUP BY kind",
    "mall_staff.new": "SELECT 'physical' UNION SELECT 'experience'",
    "mall_staff.show": "SELECT min(id) FROM mall_item GROUP BY kind",
    "orders_staff.date": "SELECT min(slot_id) FROM redemption WHERE slot_id IS NOT NULL",
    "orders_staff.show": "SELECT min(id) FROM redemption GROUP BY kind, state",
    "members.invite": """
        SELECT min(code) FROM invite
        GROUP BY uses < uses_allowed, withdrawn_at IS NULL, coalesce(expires_at, '2999-01-01') > :now
        UNION SELECT 'ABCDEFGH'""",
    "members.join": "SELECT min(code) FROM invite WHERE uses < uses_allowed AND withdrawn_at IS NULL"
    " AND coalesce(expires_at, '2999-01-01') > :now",
    "members.profile": "SELECT id FROM member WHERE id = :me OR login IN ('zhoumo', 'luoning', 'chenyu')",
    "members_staff.invite": """
        SELECT min(id) FROM invite
        GROUP BY uses < uses_allowed, withdrawn_at IS NULL, coalesce(expires_at, '2999-01-01') > :now""",
    "members_staff.member": "SELECT id FROM member WHERE login IN ('linxia', 'zhoumo', 'luoning')",
    "points.line": """
        SELECT max(t.id) FROM transfer t JOIN account a ON a.id IN (t.credit_id, t.debit_id)
        WHERE a.member_id = :me GROUP BY t.cause""",
    "points_staff.rule": "SELECT key FROM point_rule WHERE key IN"
    " ('original_post', 'adopted_suggestion', 'quest')",
    "posts.show": "SELECT id FROM post WHERE member_id = :me ORDER BY id DESC LIMIT 1",
    "remarks.review_lines": """
        SELECT s.id FROM submission s JOIN quest q ON q.id = s.quest_id
        WHERE q.preset = 'open_call' AND s.member_id <> :me AND s.stage > 1 AND :staff = 1""",
    "quests.show": """
        SELECT max(quest_id) FROM submission WHERE member_id = :me GROUP BY state
        UNION SELECT min(q.id) FROM quest q WHERE q.state = 'live' AND q.preset = 'skill_challenge'
            AND q.to_contributor AND NOT EXISTS
                (SELECT 1 FROM submission s WHERE s.quest_id = q.id AND s.member_id = :me)
            GROUP BY EXISTS (SELECT 1 FROM quest_prerequisite p WHERE p.quest_id = q.id), q.min_stars
        UNION SELECT min(q.id) FROM quest q WHERE q.preset = 'quick_task' GROUP BY q.kind""",
    "quests.work": """
        SELECT max(id) FROM submission WHERE member_id = :me GROUP BY state, round > 1""",
    "review.show": """
        SELECT max(id) FROM submission
        WHERE state NOT IN ('working', 'withdrawn') AND member_id <> :me AND (:staff = 1 OR mentor_id = :me)
        GROUP BY state, round > 1""",
    "quick.tips": "SELECT min(id) FROM quest WHERE kind = 'tip'",
    "quick.wall": "SELECT min(id) FROM quest WHERE kind = 'photo_call'",
    "calls_staff.show": "SELECT quest_id FROM call_proposal WHERE state = 'proposed'",
    "reports.show": """
        SELECT DISTINCT substr(CAST(occurred_at AS TEXT), 1, 7) AS month FROM impact_line
        WHERE member_id = :me ORDER BY month DESC LIMIT 3""",
    "reports.way": """
        SELECT max(substr(CAST(occurred_at AS TEXT), 1, 7)), 'credit' FROM impact_line
        WHERE member_id = :me AND kind = 'credit'""",
    "reports_staff.show": """
        SELECT DISTINCT substr(CAST(occurred_at AS TEXT), 1, 7) AS month FROM impact_line
        ORDER BY month DESC LIMIT 2""",
    "results.show": "SELECT min(id) FROM quest WHERE state = 'live' GROUP BY preset",
    "thanks.page": "SELECT min(code) FROM thanks_link GROUP BY kind UNION SELECT 'NOTHERE'",
    "sky_staff.track": "SELECT key FROM track WHERE key IN ('photo', 'answer')",
    "desk.blind": """
        SELECT min(s.id) FROM submission s JOIN review r ON r.submission_id = s.id AND r.decision = 'approved'
        WHERE s.sampled AND s.state = 'approved' AND s.member_id <> :me AND r.reviewer_id <> :me
            AND r.undone_at IS NULL""",
    "quests_staff.show": "SELECT min(id) FROM quest GROUP BY state, preset",
    "quests_staff.edit": "SELECT min(id) FROM quest WHERE preset = 'skill_challenge'"
    " UNION SELECT min(id) FROM quest WHERE state = 'draft'",
    "quests_staff.check": "SELECT min(id) FROM quest GROUP BY state",
    "quests_staff.preview": "SELECT min(id) FROM quest",
    "quests_staff.ask": "SELECT min(id), 'close' FROM quest WHERE state = 'live'"
    " UNION SELECT min(id), 'archive' FROM quest WHERE state = 'draft'",
}  # fmt: skip

# the same address asked in another way looks different
QUERIES: dict[str, list[str]] = {
    "addresses.new": ["for=1"],
    "quick.tips": ["by=new"],
    "quests.index": ["track=photo", "short=1", "part=start"],
    "impact_people.month": ["show=lit"],
    "impact.feed": ["show=lit", "show=ideas", "show=hidden"],
    "impact.people": ["helped=lit"],
    "mall.index": ["only=now", "shelf=experience"],
    "points.wallet": ["show=earned", "show=spent"],
    "members.enter_code": ["code=nonsense"],
    "members_staff.index": ["q=林", "q=nobody-at-all"],
    "review.queue": ["show=mine", "show=soon"],
    "mall_staff.index": ["state=draft"],
    "orders_staff.index": ["tab=way", "tab=lent", "tab=arrived", "tab=void"],
    "owed.board": ["mine=1"],
    "quests_staff.index": ["state=draft", "q=夜"],
    "quests_staff.preview": ["as_tier=cocreator&as_language=en"],
    "thanks_staff.relay": ["q=夜", "words=零下二十六度那篇，电话 138 0000 7702&outcome=solved&heard=store"],
    "thanks_staff.owner": ["who=林&kind=other"],
}


@dataclass(frozen=True)
class Page:
    endpoint: str
    path: str


class Pages:
    """The pages of a running demo."""

    def __init__(self, server: DemoServer) -> None:
        self.app: Flask = create_app(
            Config(
                production=False,
                data=server.data,
                database_url=server.database_url,
                redis_url=None,
                media_url=(server.data / "media").as_uri(),
                secret_key="for reading the url map only, nothing is signed",
                seal_keys=(),
                host="127.0.0.1",
                port=0,
            )
        )
        self.access = declared_access(self.app)
        self.engine: Engine = create_engine(server.database_url)

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def wanted(self) -> set[str]:
        """The endpoints that answer a GET with a page."""
        rules = self.app.url_map.iter_rules()
        return {rule.endpoint for rule in rules if "GET" in (rule.methods or ())} - NO_PAGES

    def open_to(self, who: str) -> Iterator[Page]:
        """Every page that `who` may open; of a rule with values, one for each row of VALUES.

        Raises LookupError for a rule with values that VALUES doesn't know.
        """
        login = LOGINS[who]
        me = self.rows("SELECT id FROM member WHERE login = :login", login=login)[0][0] if login else 0
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if rule.endpoint not in self.wanted() or "GET" not in (rule.methods or ()):
                continue
            if not self.may(who, rule.endpoint):
                continue
            for path in self.addresses(rule, me, staff=who in ("staff", "admin")):
                yield Page(rule.endpoint, path)
                yield from (Page(rule.endpoint, f"{path}?{more}") for more in QUERIES.get(rule.endpoint, []))

    def addresses(self, rule: Any, me: int, *, staff: bool) -> list[str]:
        names = re.findall(r"<(?:[^<>]*:)?(\w+)>", rule.rule)
        if not names:
            return [rule.rule]
        if rule.endpoint not in VALUES:
            raise LookupError(f"say in VALUES with what {rule.rule} is to be opened")
        query = VALUES[rule.endpoint]
        values = {"me": me, "now": self.now(), "staff": int(staff)}
        found = self.rows(query, **{key: value for key, value in values.items() if f":{key}" in query})
        rows = [dict(zip(names, row, strict=True)) for row in found if row[0] is not None]
        return [rule.build(row, append_unknown=False)[1] for row in rows]

    def now(self) -> Any:
        moment = datetime.now(UTC)
        return moment if self.engine.dialect.name == "postgresql" else f"{moment:%Y-%m-%d %H:%M:%S.%f}"

    def may(self, who: str, endpoint: str) -> bool:
        access = self.access[endpoint]
        if access == "public" or (access == "member" and who != "visitor"):
            return True
        if access not in PERMISSIONS:
            return False
        return who == "admin" or not PERMISSIONS[access].isdisjoint(CAPABILITIES.get(who, ()))
