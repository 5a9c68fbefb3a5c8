"""What redeeming leaves in the wallet: every line says where its points are."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from app.blueprints.mall import services
from app.core.actor import Actor
from app.core.uow import unit_of_work

EN = {"Accept-Language": "en"}


def test_lines_say_where_the_points_are(
    client: FlaskClient,
    login: Callable[..., FlaskClient],
    rich: Callable[..., Actor],
    make_item: Callable[..., int],
    keeper: Actor,
) -> None:
    linxia = rich("linxia", 1000)
    item = make_item(price=100, pickup="店里")
    kept, sent, back = (
        services.redeem(item, token=token, price=100, address="pickup", by=linxia) for token in "abc"
    )
    services.cancel(back, by=linxia)
    with unit_of_work():
        services.move(sent, "shipped", by=keeper)
    login(linxia)

    def read(path: str) -> str:
        return client.get(path, headers=EN).get_data(as_text=True)

    wallet = read("/wallet")
    # newest first: given back, the three that were set aside, what was earned
    said = re.findall(r'class="cap blk">([^<]+)</span></span><span class="(?:ink2|pts on)">([^<]+)<', wallet)
    assert said == [
        ("Given back", "+100"),
        ("Came back to you", "−100"),
        ("Used", "−100"),
        ("Kept for you, not used up yet", "−100"),
    ]
    assert "earned 1,000, gone 200" in wallet
    assert "100 points are kept" in wallet
    assert "Given back" not in read("/wallet?show=earned")
    line = re.findall(r'href="(/wallet/\d+)"', wallet)[-2]
    assert f"/mall/orders/{kept}" in read(line)
    # the line of what came back leads to the line that set it aside
    pair = re.findall(r'href="(/wallet/\d+)"', read(re.findall(r'href="(/wallet/\d+)"', wallet)[0]))
    assert re.findall(r'href="(/wallet/\d+)"', wallet)[1] in pair
