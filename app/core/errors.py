"""What a command may refuse with. The web layer turns each into a status and words.

Messages are msgids (English); they are translated where they are shown.
"""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A refusal the person can do something about. `message` is a msgid, `params` fill it."""

    status = 400

    def __init__(self, message: str = "", **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params


class Invalid(DomainError):
    """What was sent can't be taken: `fields` maps a field's name to a msgid. Nothing has changed."""

    status = 422

    def __init__(self, message: str = "", fields: dict[str, str] | None = None, **params: Any) -> None:
        super().__init__(message, **params)
        self.fields = fields or {}


class NotFound(DomainError):
    """It isn't there, or isn't this person's to see: the two answer alike."""

    status = 404


class Forbidden(DomainError):
    """This door is not for this person."""

    status = 403


class Stale(DomainError):
    """The thing has moved on since the page was drawn; the message says where it is now."""

    status = 409


class Refused(DomainError):
    """The rules don't allow it now; the message says why, and what would."""

    status = 409


class Unavailable(DomainError):
    """The house can't do it at this moment (disk full, database away); nothing was changed."""

    status = 503
