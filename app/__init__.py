"""Lightup: the home of a brand's KOC programme. `create_app` puts the house together."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Config
from app.core import access, assets, crypto, html, limits, log, security, web_errors
from app.core.db import db
from app.core.uow import prepare_engine

migrate = Migrate(render_as_batch=True, compare_type=True)


def create_app(config: Config | None = None) -> Flask:
    """The WSGI app for `config`, by default that of the environment.

    Raises UnsafeSetting in production on an unsafe setting, and UndeclaredAccess when an
    endpoint doesn't say who may enter.
    """
    config = config or Config.from_environment()
    app = Flask(__name__)
    app.config.update(
        LIGHTUP=config,
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config),
        SESSION_COOKIE_NAME="lightup",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.production,
        PERMANENT_SESSION_LIFETIME=timedelta(days=90),
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
        RATELIMIT_STORAGE_URI=config.redis_url or "memory://",
        RATELIMIT_ENABLED=config.rate_limits,
        RATELIMIT_HEADERS_ENABLED=False,
        MAX_CONTENT_LENGTH=config.video_limit_bytes + 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=400,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=5,
        COMPRESS_MIMETYPES=[
            "text/html", "text/css", "text/javascript", "application/javascript",
            "image/svg+xml", "application/json", "application/manifest+json",
        ],
    )  # fmt: skip
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db)
    log.init_log(app)
    crypto.init_keys(app)
    Compress(app)
    assets.init_assets(app)
    limits.init_limits(app)
    Htmx(app)
    # the order of the hooks is the order of the checks: who may enter, then whether the form is ours
    access.init_access(app)
    CSRFProtect(app)
    html.init_html(app)
    security.init_security(app, https=config.production)
    web_errors.init_web_errors(app)
    access.public(app.view_functions["static"])
    open_doors(app)
    access.declared_access(app)
    return app


def engine_options(config: Config) -> dict[str, object]:
    """Parameters never reach a log or an error message: they are members' words."""
    options: dict[str, object] = {"hide_parameters": True, "pool_pre_ping": False}
    if config.database_url.startswith("postgresql"):
        options |= {"pool_size": 8, "max_overflow": 8, "pool_recycle": 1800}
    return options


def open_doors(app: Flask) -> None:
    """Mount every feature's blueprints; features that need a hook in the app have an `init_app`."""
    from app import cli, health
    from app.blueprints import (
        addresses,
        badges,
        groups,
        home,
        impact,
        inbox,
        library,
        mall,
        media,
        members,
        points,
        quests,
        staff,
    )

    low = (members, inbox, media, addresses, points, badges, impact, library)
    for feature in (*low, quests, groups, mall, home, staff):
        feature.init_app(app)
    app.register_blueprint(health.blueprint)
    cli.init_app(app)
