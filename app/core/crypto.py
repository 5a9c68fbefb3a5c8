"""Random names that can't be guessed, the digests under which they are kept, and words kept under seal."""

from __future__ import annotations

import hashlib
import secrets

from cryptography.fernet import Fernet, MultiFernet
from flask import current_app

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


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in current_app.config["LIGHTUP"].seal_keys])


def seal(text: str) -> str:
    """`text` encrypted and authenticated (Fernet: AES-128-CBC with HMAC-SHA256) under the newest key."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed, under any key that is still kept. Raises cryptography.fernet.InvalidToken."""
    return _box().decrypt(sealed.encode()).decode()
