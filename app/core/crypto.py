"""Random names that can't be guessed, and the digests under which they are kept."""

from __future__ import annotations

import hashlib
import secrets

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
