"""What a quest is made of, and what a new one of each preset begins with: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from app.core.actor import TIERS
from app.core.i18n import N_, both

# the drawings a quest may choose from, with their names; those of the design's form come first
ICONS = {
    "i-camera": N_("camera"), "i-trail": N_("light trail"), "i-moon": N_("moon"), "i-sun": N_("sun"),
    "i-drop": N_("drop"), "i-film": N_("film"), "i-cut": N_("scissors"), "i-wave": N_("sound wave"),
    "i-pen": N_("pen"), "i-answer": N_("speech bubble"), "i-road": N_("road"), "i-bolt": N_("bolt"),
    "i-tent": N_("tent"), "i-snow": N_("snow"), "i-idea": N_("light bulb"), "i-lantern": N_("lantern"),
    "i-letter": N_("letter"), "i-heart": N_("heart"), "i-book": N_("book"), "i-flag": N_("flag"),
    "i-star": N_("star"), "i-image": N_("picture"), "i-text": N_("text"), "i-people": N_("people"),
    "i-shield": N_("shield"), "i-calendar": N_("calendar"), "i-eye": N_("eye"), "i-clock": N_("clock"),
    "i-share": N_("share"), "i-list": N_("list"), "i-note": N_("note"), "i-article": N_("article"),
    "i-vert": N_("upright video"), "i-long": N_("wide video"), "i-doc": N_("document"),
    "i-cast": N_("broadcast"), "i-globe": N_("globe"), "i-gift": N_("gift"),
    "i-play": N_("play"),
}  # fmt: skip


class Step(TypedDict, total=False):
    """One small goal. `key` stays the same for as long as the step does; without one it gets one."""

    key: str
    title: str
    title_en: str
    hint: str
    hint_en: str
    evidence: str
    min: int
    max: int
    required: bool
    options: list[dict[str, str]]  # of a choice or a multiple choice: {"key", "zh", "en"}
    low: str  # what the ends of a scale mean
    low_en: str
    high: str
    high_en: str
    limit: int  # the most characters of a text
    stage: int  # which of the quest's stages asks for it, from 1


class QuestIn(TypedDict, total=False):
    """What can be said of a quest; what is left out stays as it is. Moments are aware."""

    kind: str | None  # what a quick task is
    title: str
    title_en: str
    summary: str
    summary_en: str
    track_key: str
    icon: str
    rung: int
    position: int
    requires: Sequence[int]  # quests that must be done before
    requires_badges: Sequence[int]
    effort_minutes: int
    needs: str
    needs_en: str
    cover_media_id: int | None
    steps: Sequence[Step]
    stages: Sequence[Mapping[str, Any]]  # {"title", "title_en", "due_on"}
    focus: Sequence[Mapping[str, str]]  # {"zh", "en"}
    format: str
    format_en: str
    criteria: Sequence[Mapping[str, str]]  # {"zh", "en", "hint", "hint_en"}
    scores: Sequence[Mapping[str, str]]  # {"zh", "en"}
    phrases: Mapping[str, Sequence[str]]  # {"zh": [...], "en": [...]}
    rule_key: str | None  # a public rule, or one whose value each quest names itself; None: no points
    points: int | None  # own value, only under such a rule
    perk: str
    perk_en: str
    results_ladder: Sequence[Mapping[str, Any]]
    terms: str
    terms_en: str
    tiers: Sequence[str]
    min_stars: int
    confidential: bool  # what it is shows only to who has agreed to its terms
    named_logins: Sequence[str]  # not empty: only these members see it
    opens_at: datetime | None
    closes_at: datetime | None
    capacity: int | None
    repeat_days: int | None
    review_mode: str
    review_hours: int
    draft_rounds: int
    resources: Sequence[int]
    goal: str
    sky_x: int | None
    sky_y: int | None
    change_note: str


def _step(key: str, title: dict[str, str], evidence: str, most: int = 1) -> Step:
    return {
        "key": key, "title": title["zh"], "title_en": title["en"], "hint": "", "hint_en": "",
        "evidence": evidence, "min": 0 if evidence == "none" else 1, "max": most,
        "required": evidence != "none",
    }  # fmt: skip


# What a new quest of each preset begins with. Words are made when it is asked for, in both languages.
PRESETS_DEFAULTS: dict[str, Callable[[], QuestIn]] = {
    "skill_challenge": lambda: {
        "tiers": TIERS,
        "effort_minutes": 30,
        "review_mode": "mentor",
        "review_hours": 48,
        "draft_rounds": 3,
        "rule_key": "original_post",
        "steps": [
            _step("s1", both(N_("Take one to three photos")), "photo", 3),
            _step("s2", both(N_("Write one line")), "text"),
        ],
        "scores": [both(N_("Clarity")), both(N_("Telling"))],
    },
    "quick_task": lambda: quick("tip"),
    "brief": lambda: {
        "tiers": ("contributor", "cocreator"),
        "effort_minutes": 120,
        "review_mode": "staff",
        "review_hours": 72,
        "draft_rounds": 3,
        "rule_key": "original_post",
        "stages": [_stage(both(N_("Draft"))), _stage(both(N_("Published link")))],
        "steps": [
            _step("s1", both(N_("Send your draft")), "text"),
            _step("s2", both(N_("Paste the link once it is published")), "link") | {"stage": 2},
        ],
        "scores": [both(N_("Clarity")), both(N_("Telling"))],
    },
    "open_call": lambda: {
        "tiers": ("cocreator",),
        "min_stars": 2,
        "effort_minutes": 240,
        "review_mode": "staff",
        "review_hours": 120,
        "draft_rounds": 3,
        "rule_key": None,
        "stages": [_stage(both(N_("Proposal"))), _stage(both(N_("First milestone")))],
        "steps": [
            _step("s1", both(N_("Send your proposal")), "text"),
            _step("s2", both(N_("Show what you have by then")), "link") | {"stage": 2},
        ],
    },
}


def _stage(title: dict[str, str]) -> dict[str, Any]:
    return {"title": title["zh"], "title_en": title["en"], "due_on": None}


# what each kind of quick task asks for, and about how many minutes that takes
QUICK_STEPS: dict[str, Callable[[], tuple[int, list[Step]]]] = {
    "poll": lambda: (1, [_step("s1", both(N_("Choose one")), "choice")]),
    "photo_call": lambda: (2, [_step("s1", both(N_("One photo")), "photo")]),
    "tip": lambda: (1, [_step("s1", both(N_("Write one line")), "text") | {"limit": 140}]),
    "survey": lambda: (
        3,
        [
            _step("s1", both(N_("How was it for you")), "scale"),
            _step("s2", both(N_("What would you change")), "text") | {"required": False},
        ],
    ),
    "share": lambda: (2, [_step("s1", both(N_("Paste the link where you shared it")), "link")]),
}


def quick(kind: str) -> QuestIn:
    """What a new quick task of this kind begins with."""
    minutes, steps = QUICK_STEPS[kind]()
    return {
        "kind": kind,
        "tiers": TIERS,
        "effort_minutes": minutes,
        "review_mode": "auto",
        "review_hours": 24,
        "draft_rounds": 1,
        "rule_key": "quick_task",
        "points": 10,
        "steps": steps,
    }


# the presets whose badge a member lights; the others thank with points, gifts or a seat at the table
WITH_BADGE = ("skill_challenge",)


BLANK: dict[str, Any] = {
    "title": "", "title_en": "", "summary": "", "summary_en": "", "needs": "", "needs_en": "",
    "effort_minutes": 30, "cover_media_id": None, "steps": [], "criteria": [], "scores": [],
    "phrases": {"zh": [], "en": []}, "review_mode": "staff", "review_hours": 48, "draft_rounds": 3,
    "rule_key": None, "points": None, "perk": "", "perk_en": "", "results_ladder": [], "terms": "",
    "terms_en": "", "stages": [], "focus": [], "format": "", "format_en": "", "kind": None,
    "confidential": False, "icon": "i-star", "rung": 1, "min_stars": 0, "opens_at": None, "closes_at": None,
    "capacity": None, "repeat_days": None, "goal": "", "sky_x": None, "sky_y": None, "tiers": TIERS,
    "requires": (),
    "requires_badges": (), "resources": (), "named_logins": (),
}  # fmt: skip
