"""A member with an address to type, and a second one who must not see it."""

from __future__ import annotations

import pytest

from app.blueprints.addresses import services
from app.blueprints.addresses.policies import Address

TYPED = {
    "name": "林夏", "phone": "13800000312", "province": "浙江省", "city": "杭州市",
    "district": "西湖区", "street": "文三路 100 号 6 幢 301", "label": "家",
}  # fmt: skip


@pytest.fixture
def typed() -> dict[str, str]:
    return dict(TYPED)


@pytest.fixture
def linxia(make_member):
    return make_member("linxia", name="夏天")


@pytest.fixture
def kept(linxia, typed):
    """The id of linxia's one address."""
    return services.add_address(Address(**typed), by=linxia)
