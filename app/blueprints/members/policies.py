"""What a login, a password and an invite must be: pure rules, for services, routes and templates."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from app.core.crypto import CODE_ALPHABET
from app.core.i18n import N_

TIER_NAMES = {
    "participant": N_("Participant"),
    "contributor": N_("Contributor"),
    "cocreator": N_("Co-creator"),
}
CAPABILITY_NAMES = {
    "mentor": N_("Mentor"),
    "expert": N_("Expert"),
    "reviewer": N_("Reviewer"),
    "publisher": N_("Publisher"),
    "admin": N_("Admin"),
    "host": N_("Host of a call"),
}

NAME_LENGTH = 30
LOGIN_LENGTH = 40
PASSWORD_LENGTH = 200
BIO_LENGTH = 200
CITY_LENGTH = 30
NOTE_LENGTH = 120
REASON_LENGTH = 300
SESSION_DAYS = 90
MOST_INVITES = 100
MOST_USES = 10_000

# how a browser names itself: the first that fits; the WeChat view also claims to be Chrome and Safari
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)

_LOGIN = re.compile(r"\w(?:[\w.@+-]*\w)?")


def clean(text: str) -> str:
    """One line of text: controls and odd spaces gone (a NUL can't be stored), composed, trimmed."""
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())
    return re.sub(" +", " ", unicodedata.normalize("NFC", kept)).strip()


def clean_lines(text: str) -> str:
    """Several lines of text, cleaned each by itself."""
    return "\n".join(clean(line) for line in text.splitlines()).strip()


def normal_login(text: str) -> str:
    """How a login is kept and compared: full-width and capitals are the same letter."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(char for char in folded if char.isprintable()).strip()


def normal_password(text: str) -> str:
    """Keyboards compose accents differently; nothing else about a password is touched."""
    return unicodedata.normalize("NFC", text)


def normal_code(text: str) -> str:
    """A code as typed (an invite's, a thank-you link's), made as it is kept; "" when it can't be one."""
    code = re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", text)).upper()
    return code if 4 <= len(code) <= 32 and set(code) <= set(CODE_ALPHABET) else ""


def login_fault(login: str) -> str | None:
    """Why this (normal) login can't be taken, as a msgid; None when it can."""
    if not 2 <= len(login) <= LOGIN_LENGTH:
        return N_("2 to 40 characters, please")
    if not _LOGIN.fullmatch(login):
        return N_("Letters, digits and . _ - @ only, without spaces")
    return None


def password_fault(password: str, login: str) -> str | None:
    """Why this password can't be taken, as a msgid; None when it can.

    Length is what counts (NIST SP 800-63B 3.1.1); no rules about kinds of characters.
    """
    if len(password) < 8:
        return N_("At least 8 characters")
    if len(password) > PASSWORD_LENGTH:
        return N_("At most 200 characters")
    if normal_login(password) == login or len(set(password)) < 3:
        return N_("Too easy to guess. Take something only you would think of")
    return None


def device_name(user_agent: str) -> str:
    """What a member recognises a browser by, such as "WeChat · iPhone"; "" for one we don't know."""
    names = (
        next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(name for name in names if name)


def invite_state(
    *, uses: int, uses_allowed: int, expires_at: datetime | None, withdrawn_at: datetime | None, now: datetime
) -> str:
    """One of "open", "withdrawn", "used", "expired"; what staff decided counts first."""
    if withdrawn_at is not None:
        return "withdrawn"
    if uses >= uses_allowed:
        return "used"
    if expires_at is not None and expires_at <= now:
        return "expired"
    return "open"
