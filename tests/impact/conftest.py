"""What several tests of the impact stand on."""

from __future__ import annotations

import pytest

from app.core.db import db


@pytest.fixture
def desk(staff, login):
    """Staff's browser; what it has written is there to be read at once."""
    client = login(staff)
    send = client.open

    def then_look_again(*args, **more):
        answer = send(*args, **more)
        db.session.rollback()
        return answer

    client.open = then_look_again
    return client
