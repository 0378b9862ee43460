"""What racing processes do to a key's limits."""

from __future__ import annotations

from pixelhub.accounts.allowances import allowances_return, spend_now
from pixelhub.accounts.keys import api_key_create
from pixelhub.accounts.rates import Leases, Limits
from tests.personas import make_world


def key_made() -> int:
    world = make_world()
    key, _ = api_key_create(project=world.project, name="k", scopes=["score"], actor=world.user("ml_engineer"))
    return int(key.pk)


def spend_all(key_id: int, limit: int, cost: int) -> int:
    """Spend until refused, return the rest of the lease; how much was spent. A month: no window ends meanwhile."""
    leases, limits = Leases(), Limits(key_id, (("month", limit),))
    spent = 0
    while spend_now(leases, limits, cost).allowed:
        spent += cost
    allowances_return(unspent=list(leases.give_up()))
    return spent
