"""Who publishes, and their browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.core.actor import Actor


@pytest.fixture
def publisher(make_member: Callable[..., Actor]) -> Actor:
    return make_member("luoning", name="罗宁", capabilities=("publisher",), locale="zh")


@pytest.fixture
def desk(publisher: Actor, login: Callable[..., FlaskClient]) -> FlaskClient:
    return login(publisher)
