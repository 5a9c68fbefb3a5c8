"""What a reader may say of a work, how often, and for how long they can take it back: pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.core.i18n import N_

# what it may have helped with, as a choice, and as what is said of who chose it
OUTCOMES = {
    "learned": N_("learned something"),
    "solved": N_("solved a problem"),
    "chose": N_("chose a model"),
    "decided": N_("decided to buy"),
    "enjoyed": N_("just enjoyed it"),
}
DID = {
    "learned": N_("learned something"),
    "solved": N_("solved a problem"),
    "chose": N_("chose a model"),
    "decided": N_("decided to buy"),
    "enjoyed": N_("enjoyed it"),
}
HEARD = {
    "chat": N_("In a chat group"),
    "store": N_("In the store"),
    "phone": N_("On the phone"),
    "comments": N_("In the comments"),
    "elsewhere": N_("Elsewhere"),
}
# rules by which words are not passed on; staff choose one of them, and it is written down
RULES = {
    "contact": N_("Contact details or advertising"),
    "hurtful": N_("Insults or threats"),
    "private": N_("Somebody's private matters"),
    "off_topic": N_("Not about this work"),
}
MOST_WORDS = 300
MOST_NAME = 30
TAKE_BACK = timedelta(minutes=10)
# of one work within an hour: thanks in all, and such with words that are shown unread
HOUR_THANKS = 60
HOUR_WORDS = 12


def hour_of(moment: datetime) -> int:
    """The number of an hour since 1970."""
    return int(moment.timestamp()) // 3600


def may_take_back(thanks: Any, now: datetime) -> bool:
    """Whether a reader may still take back what they sent (`thanks.created_at`)."""
    return bool(now - thanks.created_at < TAKE_BACK)
