"""Settings from the environment, with defaults that work at once outside production.

`LIGHTUP_ENV=production` (or `FLASK_ENV=production`) turns on the checks of
`refuse_unsafe`: the app then does not start on a default that would be unsafe,
and names it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

PHOTO_LIMIT_BYTES = 20 * 1024 * 1024
VIDEO_LIMIT_BYTES = 200 * 1024 * 1024


class UnsafeSetting(RuntimeError):
    """A setting that must not be used in production; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that can be set from outside.

    Addresses are URLs; `data` is the folder that holds the SQLite database, the
    media and the keys; sizes are bytes.
    """

    production: bool
    data: Path
    database_url: str
    redis_url: str | None
    media_url: str
    secret_key: str
    seal_keys: tuple[str, ...]
    host: str
    port: int
    photo_limit_bytes: int = PHOTO_LIMIT_BYTES
    video_limit_bytes: int = VIDEO_LIMIT_BYTES
    trusted_proxies: int = 0
    rate_limits: bool = True
    # where the keys are kept that rotate; None when the environment says them
    seal_file: Path | None = None

    @classmethod
    def from_environment(cls, env: dict[str, str] | None = None) -> Config:
        """Read the environment.

        Raises UnsafeSetting when production would run on an unsafe default.
        """
        env = dict(os.environ) if env is None else env
        production = "production" in (env.get("LIGHTUP_ENV"), env.get("FLASK_ENV"))
        data = Path(env.get("LIGHTUP_DATA") or "var").resolve()
        if production:
            refuse_unsafe(env)
        data.mkdir(parents=True, exist_ok=True)
        seal_file = None if env.get("SEAL_KEYS") else data / "seal.keys"
        return cls(
            production=production,
            data=data,
            database_url=driver_url(env.get("DATABASE_URL") or f"sqlite:///{data / 'lightup.db'}"),
            redis_url=env.get("REDIS_URL") or None,
            media_url=env.get("MEDIA_URL") or (data / "media").as_uri(),
            secret_key=env.get("SECRET_KEY") or kept_secret(data / "secret.key"),
            seal_keys=tuple((kept_secret(seal_file, new_key) if seal_file else env["SEAL_KEYS"]).split()),
            seal_file=seal_file,
            host=env.get("HOST") or "127.0.0.1",
            port=int(env.get("PORT") or 8000),
            photo_limit_bytes=int(env.get("PHOTO_LIMIT_BYTES") or PHOTO_LIMIT_BYTES),
            video_limit_bytes=int(env.get("VIDEO_LIMIT_BYTES") or VIDEO_LIMIT_BYTES),
            trusted_proxies=int(env.get("TRUSTED_PROXIES") or 0),
            rate_limits=env.get("RATE_LIMITS", "on") != "off",
        )


def refuse_unsafe(env: dict[str, str]) -> None:
    """Raise UnsafeSetting naming the first setting that production may not leave as it is."""
    key = env.get("SECRET_KEY", "")
    if len(key) < 32:
        raise UnsafeSetting("SECRET_KEY: set it to at least 32 random characters in production")
    if not env.get("LIGHTUP_DATA"):
        raise UnsafeSetting("LIGHTUP_DATA: name the folder for database, media and keys in production")
    if env.get("RATE_LIMITS") == "off":
        raise UnsafeSetting("RATE_LIMITS: must not be off in production")


def driver_url(url: str) -> str:
    """Name the driver: `postgres://` and `postgresql://` mean psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def new_key() -> str:
    """A key to seal with: 256 bits, as Fernet takes them."""
    return Fernet.generate_key().decode()


def new_secret() -> str:
    return secrets.token_urlsafe(48)


def kept_secret(path: Path, make: Callable[[], str] = new_secret) -> str:
    """The secret in `path`, made on first use, so that a restart logs nobody out.

    Created exclusively: of two processes that start together, both read the same one.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        for _ in range(50):
            if text := path.read_text().strip():
                return text
            import time

            time.sleep(0.02)
        raise UnsafeSetting(f"{path.name} is empty, remove it") from None
    with os.fdopen(descriptor, "w") as file:
        secret = make()
        file.write(secret)
    return secret
