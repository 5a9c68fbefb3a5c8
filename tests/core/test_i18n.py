"""Two languages: who gets which, and templates that are translated while they are compiled."""

from __future__ import annotations

import pytest
from flask import Flask
from jinja2 import DictLoader
from werkzeug.datastructures import LanguageAccept

from app.core.i18n import LocalEnvironments, both, choose_locale, ngettext, pick


@pytest.mark.parametrize(
    ("wanted", "header", "locale"),
    [
        (None, [], "zh"),
        (None, [("en-GB", 1)], "en"),
        (None, [("zh-TW", 1)], "zh"),
        (None, [("zh-Hant-HK", 1), ("en", 0.5)], "zh"),
        (None, [("fr", 1), ("en", 0.8)], "en"),
        (None, [("ja", 1)], "zh"),
        ("en", [("zh-CN", 1)], "en"),
        ("xx", [("en", 1)], "en"),
    ],
)
def test_choice(wanted: str | None, header: list, locale: str) -> None:
    assert choose_locale(wanted, LanguageAccept(header)) == locale


def test_constants_are_folded_and_values_escaped(built_app: Flask) -> None:
    base = built_app.jinja_env.overlay()
    base.loader = DictLoader(
        {"x.html": '{{ _("Something is missing") }}|{{ _("%(points)s points", points=p) }}'}
    )
    envs = LocalEnvironments(base)
    assert envs["en"].get_template("x.html").render(p="<b>") == "Something is missing|&lt;b&gt; points"
    assert envs["zh"].get_template("x.html").render(p="<b>") == "还差一点|&lt;b&gt; 积分"
    # nothing is looked up at run time any more
    assert "gettext" not in envs["zh"].compile('{{ _("Something is missing") }}', raw=True)


def test_addresses_are_folded_around_their_number(built_app: Flask) -> None:
    base = built_app.jinja_env.overlay()
    sources = {
        "here": '{{ url_for("quests.index") }}',
        "one": '{{ url_for("quests.show", quest_id=one.id) }}',
        "picture": '{{ url_for("media.show", media_id=one.id, size="thumb") }}',
        "part": '{{ url_for("quests.index", part="lit", short=none) }}',
        "open": '{{ url_for("quests.show", quest_id=one.id, round=one.id) }}',
        "code": '{{ url_for("members.join", code=one.code) }}',
    }
    base.loader = DictLoader(sources)
    folded = LocalEnvironments(base)["zh"]

    class One:
        id = 7
        code = "A/B"

    with built_app.test_request_context():
        for name, source in sources.items():
            assert folded.get_template(name).render(one=One) == base.from_string(source).render(one=One), name
    for name, source in sources.items():
        left = "url_for" in folded.compile(source, raw=True)
        assert left == (name in ("open", "code")), name


def test_snapshots_carry_both_languages() -> None:
    text = both("Lit “%(quest)s”", quest={"zh": "首次夜拍", "en": "First night shot"})
    assert text == {"zh": "点亮「首次夜拍」", "en": "Lit “First night shot”"}
    assert pick(text, "en") == "Lit “First night shot”"
    assert pick("plain", "en") == "plain"


def test_plurals_outside_a_request_are_chinese() -> None:
    assert ngettext("%(num)s point", "%(num)s points", 2)
