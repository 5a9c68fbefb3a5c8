"""What people paste when they share a post: the link in it, where it leads, and what it is called. Pure.

Apps put a whole sentence on the clipboard: the title in brackets, an invitation to open the app, a code,
and somewhere a link, often without a space behind it. The same post has many addresses (the phone's and the
desktop's, with and without the sharer's parameters); `link_key` is the same for all of them. A short link
says nothing of what it leads to, and nothing is fetched to find out: it keeps its code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from app.core.i18n import N_

# key -> (name, drawing): by the kind of what is mostly published there, never a platform's own mark
PLATFORMS: dict[str, tuple[str, str]] = {
    "xiaohongshu": (N_("Xiaohongshu"), "note"),
    "douyin": (N_("Douyin"), "vert"),
    "bilibili": (N_("Bilibili"), "long"),
    "weixin": (N_("WeChat"), "article"),
    "weibo": (N_("Weibo"), "cast"),
    "other": (N_("Another place"), "globe"),
}
# whose pages and short links belong to which platform; subdomains are theirs too
HOSTS = {
    "xiaohongshu.com": "xiaohongshu",
    "xhslink.com": "xiaohongshu",
    "douyin.com": "douyin",
    "iesdouyin.com": "douyin",
    "bilibili.com": "bilibili",
    "b23.tv": "bilibili",
    "bili2233.cn": "bilibili",
    "weibo.com": "weibo",
    "weibo.cn": "weibo",
    "t.cn": "weibo",
    "weixin.qq.com": "weixin",
}
MOST_LETTERS = 2000
MOST_TITLE = 80

# what some apps put between the letters, and what turns their direction: nothing that can be seen
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
# the colon and slashes of a keyboard that writes full width
WIDE_SCHEME = re.compile("(https?)[:\uff1a][/\uff0f]{2}", re.IGNORECASE)
# what a keyboard writes full width, as an address has it: what ends a Chinese sentence is not among it
NARROW = {ord(wide): chr(ord(wide) - 0xFEE0) for wide in map(chr, range(0xFF01, 0xFF5F)) if wide.isalnum()}
NARROW |= {0xFF0D: "-", 0xFF0E: ".", 0xFF0F: "/", 0xFF3F: "_"}
IN_ADDRESS = r"A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%"
_known = "|".join(re.escape(host) for host in HOSTS)
LINK = re.compile(
    rf"https?://[{IN_ADDRESS}]+"
    # without a scheme only where it is a platform's: other words with a dot in them are no links
    rf"|(?<![A-Za-z0-9._@/\-])(?:[A-Za-z0-9\-]+\.)*(?:{_known})/[{IN_ADDRESS}]+",
    re.IGNORECASE,
)
BRACKETS = re.compile(
    "\u3010([^\u3010\u3011]{1,200})\u3011|\u300c([^\u300c\u300d]{1,200})\u300d|\u300e([^\u300e\u300f]{1,200})\u300f"
)
# the apps' own names, which stand in brackets too: Xiaohongshu, Douyin, Bilibili (twice), Weibo, WeChat
APPS = {
    "\u5c0f\u7ea2\u4e66", "\u6296\u97f3", "\u54d4\u54e9\u54d4\u54e9", "bilibili", "\u5fae\u535a",
    "\u5fae\u4fe1",
}  # fmt: skip
# "'s work", "'s picture post": there the brackets name the author, and the title follows them
WORK_OF = re.compile("\u7684(?:\u56fe\u6587|\u89c6\u9891)?\u4f5c\u54c1$")
# "-Bilibili" and " - author | Xiaohongshu - your guide to life" behind a title
TAIL = re.compile(
    "\\s*[-_\u2013]\\s*(?:\u54d4\u54e9\u54d4\u54e9|bilibili)$"
    "|(?:\\s+-\\s+[^-|]{1,40})?\\s*\\|\\s*\u5c0f\u7ea2\u4e66.*$",
    re.IGNORECASE,
)

# parameters that say who shared it and how, never what it is
TRACKING = re.compile(
    r"utm_.*|spm.*|share.*|xsec_.*|vd_source|from.*|source|timestamp|fbclid|gclid|msclkid|_r|_t",
    re.IGNORECASE,
)
# whose path is all there is; what follows is the sharer's
SHORT = ("xhslink.com", "v.douyin.com", "b23.tv", "bili2233.cn", "t.cn")


@dataclass(frozen=True)
class Shared:
    """A link that was found in a pasted text. `platform` is a key of PLATFORMS, `key` is `link_key` of it,
    `title` what the text calls it ("" where it doesn't)."""

    link: str
    platform: str
    key: str
    title: str = ""


def shared(text: str) -> Shared | None:
    """The link in a pasted text: the first that leads to a platform, else the first; None without any."""
    seen = WIDE_SCHEME.sub(r"\1://", UNSEEN.sub("", text))
    narrow = WIDE_SCHEME.sub(r"\1://", seen.translate(NARROW))
    found = [link for match in LINK.finditer(narrow) if (link := _whole(match[0]))]
    if not found:
        return None
    link = next((each for each in found if platform_of(each) != "other"), found[0])
    return Shared(link, platform_of(link), link_key(link), title_in(seen))


def _whole(found: str) -> str:
    """A link as it can be opened: with its scheme, without the sentence's punctuation. "" for none."""
    found = found.rstrip(".,;:!?'*[")
    for opened, closed in ("()", "[]"):
        while found.endswith(closed) and found.count(closed) > found.count(opened):
            found = found[:-1].rstrip(".,;:!?'*[")
    scheme, separator, rest = found.partition("://")
    link = f"{scheme.lower()}://{rest}" if separator else f"https://{found}"
    parts = _split(link)
    return link if parts is not None and len(link) <= MOST_LETTERS and parts.hostname else ""


def _split(link: str) -> SplitResult | None:
    try:
        parts = urlsplit(link)
        parts.port  # noqa: B018 raises for what is no number
    except ValueError:
        return None
    return parts


def platform_of(link: str) -> str:
    """Whose page a link leads to: a key of PLATFORMS."""
    parts = _split(link)
    host = (parts.hostname or "") if parts else ""
    return next((name for end, name in HOSTS.items() if host == end or host.endswith(f".{end}")), "other")


def title_in(text: str) -> str:
    """What a shared text calls the post: the first words in brackets that aren't an app's own name."""
    for match in BRACKETS.finditer(text):
        words = next(part for part in match.groups() if part is not None).strip()
        if words.lower() in APPS:
            continue
        if WORK_OF.search(words):
            # the title follows, up to its hashtags or the link
            words = re.split(r"[#\n]|https?://|\.\.\.", text[match.end() :], maxsplit=1)[0].strip()
        words = TAIL.sub("", words).strip()
        if words:
            return words[:MOST_TITLE]
    return ""


def link_key(link: str) -> str:
    """What a link leads to, the same however it was shared. The link itself where it can't be read."""
    parts = _split(link)
    if parts is None or not parts.hostname:
        return link.strip()[:MOST_LETTERS]
    host = re.sub(r"^(?:www|m|wap|mobile)\.", "", parts.hostname.rstrip("."))
    path = re.sub(r"/{2,}", "/", quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._")).rstrip("/")
    query = parse_qsl(parts.query)
    known = NAMED.get(platform_of(link), lambda *_: "")(host, path, dict(query))
    if known:
        return known
    kept = sorted(
        (name, value) for name, value in query if host not in SHORT and not TRACKING.fullmatch(name)
    )
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    return urlunsplit(("", "", f"{host}{port}{path}", urlencode(kept), ""))


def _xiaohongshu(_host: str, path: str, _query: dict[str, str]) -> str:
    found = re.search(r"/(?:explore|discovery/item|note|user/profile/[0-9a-f]+)/([0-9a-f]{24})$", path, re.I)
    return f"xiaohongshu:{found[1].lower()}" if found else ""


def _douyin(_host: str, path: str, query: dict[str, str]) -> str:
    found = re.search(r"/(?:video|note|slides)/(\d{8,})", path, re.I)
    number = found[1] if found else query.get("modal_id", "")
    return f"douyin:{number}" if number.isdigit() else ""


def _bilibili(host: str, path: str, _query: dict[str, str]) -> str:
    if found := re.search(r"(?:/video|^)/BV([0-9A-Za-z]{10})$", path, re.I):
        return f"bilibili:BV{found[1]}"
    if found := re.search(r"(?:/video|^)/av(\d+)$", path, re.I):
        return f"bilibili:av{found[1]}"
    if found := re.search(r"/read/(?:mobile/|cv)(\d+)$", path, re.I):
        return f"bilibili:cv{found[1]}"
    found = re.search(r"/(?:opus|dynamic)/(\d+)$", path, re.I)
    if found is None and host == "t.bilibili.com":
        found = re.fullmatch(r"/(\d+)", path)
    return f"bilibili:opus:{found[1]}" if found else ""


BASE_62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _weibo(host: str, path: str, query: dict[str, str]) -> str:
    if host == "t.cn":
        return ""
    if "article" in path and (query.get("id") or "").isdigit():
        return f"weibo:article:{query['id']}"
    if found := re.search(r"/(?:show|tv/show)(?:/(\d+:\w+))?$", path, re.I):
        video = found[1] or query.get("fid", "")
        return f"weibo:video:{video}" if video else ""
    found = re.search(r"^/(?:status|detail|statuses|\d{5,})/([0-9A-Za-z]{8,})$", path, re.I)
    return f"weibo:{weibo_number(found[1])}" if found else ""


def weibo_number(name: str) -> str:
    """The number of a post that the desktop site calls by letters: groups of four of base 62 are seven
    digits each, counted from the end. A number stays as it is."""
    if name.isdigit() and len(name) > 10:
        return name
    groups = [name[max(end - 4, 0) : end] for end in range(len(name), 0, -4)][::-1]
    digits = []
    for group in groups:
        value = 0
        for letter in group:
            value = value * 62 + BASE_62.index(letter)
        digits.append(f"{value:07d}")
    return "".join(digits).lstrip("0")


def _weixin(_host: str, path: str, query: dict[str, str]) -> str:
    if found := re.fullmatch(r"/s/([\w-]+)", path):
        return f"weixin:{found[1]}"
    if path == "/s" and query.get("__biz") and query.get("mid"):
        return f"weixin:{query['__biz']}:{query['mid']}:{query.get('idx', '1')}"
    found = re.fullmatch(r"/sph/([\w-]+)", path)
    return f"weixin:sph:{found[1]}" if found else ""


NAMED = {
    "xiaohongshu": _xiaohongshu,
    "douyin": _douyin,
    "bilibili": _bilibili,
    "weibo": _weibo,
    "weixin": _weixin,
}
