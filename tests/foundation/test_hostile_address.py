"""Addresses that no database can store are refused, not crashed on."""

import pytest

ADDRESSES = [
    "/datasets/?q=%00",
    "/annotation/?title=a%00b",
    "/%00",
    "/jobs/?state=%ED%A0%80",
    "/jobs/?state=%F0",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_unstorable_characters_get_400_or_404(world, address: str) -> None:
    assert world.client("data_engineer").get(address).status_code in (400, 404)
