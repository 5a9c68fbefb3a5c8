"""Random names that can't be guessed, the digests under which they are kept, and words kept under seal."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import Flask, current_app

from app.core.errors import Unavailable
from app.core.i18n import N_

# no 0/O, 1/I/L: a code is read out over the phone and typed with a thumb
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_token() -> str:
    """A name with 256 bits of chance in it."""
    return secrets.token_urlsafe(32)


def new_code(length: int = 8) -> str:
    """A short code to type: 31 ** length possibilities."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def digest(token: str) -> str:
    """What is stored of a token: a stolen table opens no session."""
    return hashlib.sha256(token.encode()).hexdigest()


def pseudonym(*parts: object) -> str:
    """What stands for these parts together: the same each time, and it leads back to none of them.

    HMAC-SHA256 (RFC 2104) under the app's secret key, of which 128 bits are kept.
    """
    secret = current_app.config["LIGHTUP"].secret_key
    text = "\x1f".join(map(str, parts))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


class Unreadable(Unavailable):
    """What was sealed can't be read: its key is missing, or it was damaged. Nothing is lost by waiting."""

    def __init__(self) -> None:
        super().__init__(
            N_("This can't be read right now. Please tell your contact person; nothing is lost.")
        )


class KeyRing:
    """The keys to seal with, the newest first.

    With a `path` they are read from that file whenever it is another one than before (it is only ever
    replaced whole), so that servers that run while keys are rotated seal with the new one at once and read
    what others have sealed with it. A file that is missing or broken changes nothing.
    """

    def __init__(self, keys: Sequence[str], path: Path | None = None) -> None:
        self.path = path
        self._keys = tuple(keys)
        self._boxes: tuple[Fernet, ...] | None = None
        self._seen: tuple[int, int, int] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        self._look()
        return self._keys

    def boxes(self) -> tuple[Fernet, ...]:
        """One box for each key. Raises Unreadable when there is none."""
        self._look()
        boxes = self._boxes
        if boxes is None:
            boxes = self._boxes = tuple(Fernet(key) for key in self._keys)
        if not boxes:
            raise Unreadable
        return boxes

    def _look(self) -> None:
        if self.path is None:
            return
        try:
            is_now = self.path.stat()
            mark = (is_now.st_ino, is_now.st_mtime_ns, is_now.st_size)
            if mark == self._seen:
                return
            keys = tuple(self.path.read_text().split())
            boxes = tuple(Fernet(key) for key in keys)
        except (OSError, ValueError):
            return
        if keys:
            self._keys, self._boxes, self._seen = keys, boxes, mark


def init_keys(app: Flask) -> None:
    config = app.config["LIGHTUP"]
    app.extensions["lightup_keys"] = KeyRing(config.seal_keys, config.seal_file)


def key_ring() -> KeyRing:
    ring: KeyRing = current_app.extensions["lightup_keys"]
    return ring


def seal(text: str) -> str:
    """`text` encrypted and authenticated (Fernet: AES-128-CBC with HMAC-SHA256) under the newest key."""
    return key_ring().boxes()[0].encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed, under any key that is still kept. Raises Unreadable."""
    try:
        return MultiFernet(key_ring().boxes()).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def sealed_anew(sealed: str) -> str | None:
    """The same under the newest key; None when it is under that already. Raises Unreadable."""
    boxes = key_ring().boxes()
    try:
        boxes[0].decrypt(sealed.encode())
    except InvalidToken:
        try:
            return MultiFernet(boxes).rotate(sealed.encode()).decode()
        except InvalidToken:
            raise Unreadable from None
    return None
