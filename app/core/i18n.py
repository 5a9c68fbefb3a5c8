"""Two languages. The msgids are English; the Chinese catalogue is complete (a test says so).

Templates are compiled once for each language with their constant texts already translated and
their constant addresses built (`LocalEnvironments`), so that a page pays nothing for being in two
languages.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from flask import g, has_request_context, request, session
from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup
from werkzeug.routing import IntegerConverter, Map

LOCALES = ("zh", "en")
BABEL_LOCALE = {"zh": "zh_Hans_CN", "en": "en"}
HTML_LANG = {"zh": "zh-CN", "en": "en"}
FOLDER = Path(__file__).parents[1] / "translations"


def N_(message: str) -> str:
    """Mark a constant for the catalogue; it is translated where it is shown."""
    return message


@lru_cache
def catalogue(locale: str) -> NullTranslations:
    """The translations of `locale` ("zh" or "en")."""
    return Translations.load(FOLDER, [BABEL_LOCALE[locale]])


def choose_locale(wanted: str | None, header: Any) -> str:
    """The member's choice, else the browser's (any kind of Chinese is Simplified here), else Chinese."""
    if wanted in LOCALES:
        return wanted
    for language, _quality in header or ():
        prefix = language.split("-")[0].lower()
        if prefix in LOCALES:
            return prefix
    return "zh"


def current_locale() -> str:
    """The language of this request ("zh" or "en"); Chinese outside of one."""
    try:
        return g.locale
    except (AttributeError, RuntimeError):  # not asked yet in this request, or outside of any app
        pass
    if not has_request_context():
        return "zh"
    from app.core.access import signed_in

    who = signed_in()
    wanted = who.locale if who is not None else None
    g.locale = choose_locale(wanted or session.get("locale"), request.accept_languages)
    return g.locale


def gettext(message: str, **params: Any) -> str:
    text = catalogue(current_locale()).ugettext(message)
    return text % params if params else text


def pgettext(context: str, message: str, **params: Any) -> str:
    text = catalogue(current_locale()).upgettext(context, message)
    return text % params if params else text


def ngettext(singular: str, plural: str, num: int, **params: Any) -> str:
    return catalogue(current_locale()).ungettext(singular, plural, num) % {"num": num, **params}


def both(message: str, **params: Any) -> dict[str, str]:
    """The text in both languages, to be kept as a snapshot: {"zh": …, "en": …}.

    A parameter may itself be such a pair; each language then takes its own.
    """
    return {
        locale: catalogue(locale).ugettext(message)
        % {key: pick(value, locale) for key, value in params.items()}
        for locale in LOCALES
    }


def pick(value: Any, locale: str) -> Any:
    """Of a {"zh", "en"} pair the text for `locale`; anything else unchanged."""
    if isinstance(value, dict) and "zh" in value:
        return (value.get(locale) or value["zh"]) if locale != "zh" else value["zh"]
    return value


def pair(text: str, text_en: str | None) -> dict[str, str]:
    """A stored text with its English sibling as one pair."""
    return {"zh": text, "en": text_en or text}


class _Fold(NodeTransformer):
    """At compile time replaces `_("constant")` by its translation, `asset("constant")` by its address, and
    `url_for("endpoint")`, also with one whole number, by what it would answer."""

    def __init__(self, translations: NullTranslations, asset: Callable[[str], str], url_map: Map) -> None:
        self.translations = translations
        self.asset = asset
        self.url_map = url_map

    def visit_Call(self, node: nodes.Call, *args: Any, **kwargs: Any) -> nodes.Node:
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.dyn_args or node.dyn_kwargs:
            return node
        constants = [arg.value for arg in node.args if isinstance(arg, nodes.Const)]
        if len(constants) != len(node.args):
            return node
        if node.node.name in ("_", "gettext") and len(constants) == 1:
            text = self.translations.ugettext(constants[0])
        elif node.node.name == "pgettext" and len(constants) == 2:
            text = self.translations.upgettext(*constants)
        elif node.node.name == "asset" and len(constants) == 1:
            text = self.asset(constants[0])
        elif node.node.name == "url_for" and len(constants) == 1:
            return self._address(constants[0], node)
        else:
            return node
        return fold(text, node)

    def _address(self, endpoint: str, node: nodes.Call) -> nodes.Expr:
        """The address as constants around its number, if it has one; the call itself where it takes more."""
        try:
            (rule,) = self.url_map.iter_rules(endpoint)
        except (KeyError, ValueError):
            return node  # one that doesn't exist is reported when the page is drawn
        values = {pair.key: pair.value for pair in node.kwargs}
        known = {key: value.value for key, value in values.items() if isinstance(value, nodes.Const)}
        open_ = values.keys() - known.keys()
        if not rule.arguments <= values.keys() or len(open_) > 1:
            return node
        if not open_:
            return nodes.Const(self._build(endpoint, known), lineno=node.lineno)
        (name,) = open_
        if not isinstance(rule._converters.get(name), IntegerConverter):
            return node
        before, after = self._build(endpoint, {**known, name: _A_NUMBER}).split(str(_A_NUMBER))
        around = [nodes.Const(before), values[name], nodes.Const(after)]
        return nodes.Concat(around[: 3 if after else 2], lineno=node.lineno)

    def _build(self, endpoint: str, values: dict[str, Any]) -> str:
        return self.url_map.bind("").build(endpoint, values)


_A_NUMBER = 2**31 - 1  # in no address but for its own sake


def fold(text: str, node: nodes.Call) -> nodes.Expr:
    """The constant, or `constant % {…}` when it takes values (Markup escapes them)."""
    # % in a catalogue text is always doubled, as gettext's callers use it as a format
    if not node.kwargs:
        return nodes.MarkSafe(nodes.Const(text, lineno=node.lineno), lineno=node.lineno)
    values = nodes.Dict(
        [nodes.Pair(nodes.Const(k.key), k.value, lineno=node.lineno) for k in node.kwargs], lineno=node.lineno
    )
    return nodes.Mod(nodes.MarkSafe(nodes.Const(text)), values, lineno=node.lineno)


class LocalEnvironments:
    """Makes, from the app's environment, one for each language."""

    def __init__(self, base: Environment) -> None:
        self._each = {locale: self._make(base, locale) for locale in LOCALES}

    def __getitem__(self, locale: str) -> Environment:
        return self._each[locale]

    def _make(self, base: Environment, locale: str) -> Environment:
        local = base.overlay()
        local.globals = dict(base.globals)
        translations = catalogue(locale)
        original = local._parse
        asset: Any = base.globals["asset"]
        url_map: Map = base.app.url_map  # type: ignore[attr-defined]

        def parse(source: str, name: str | None, filename: str | None) -> nodes.Template:
            return _Fold(translations, asset, url_map).visit(original(source, name, filename))

        local._parse = parse  # type: ignore[method-assign]

        # one plain mapping for all templates: Jinja's ChainMap for each costs every page more than ten rows
        def make_globals(more: Any) -> Any:
            return {**local.globals, **more} if more else local.globals

        local.make_globals = make_globals  # type: ignore[assignment,method-assign]

        def _(message: str, **params: Any) -> Markup:
            return (
                Markup(translations.ugettext(message)) % params
                if params
                else Markup(translations.ugettext(message))
            )

        def plural(one: str, many: str, num: int, **params: Any) -> Markup:
            return Markup(translations.ungettext(one, many, num)) % {"num": num, **params}

        def tx(text: str | None, text_en: str | None = None) -> str | None:
            return text_en or text if locale == "en" else text

        def tj(value: Any) -> Any:
            return pick(value, locale)

        local.globals.update(
            _=_,
            gettext=_,
            ngettext=plural,
            pgettext=lambda context, message, **params: (
                Markup(translations.upgettext(context, message)) % params
            ),
            tx=tx,
            tj=tj,
            locale=locale,
            lang=HTML_LANG[locale],
        )
        return local
