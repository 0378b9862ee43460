"""The ledger of what API keys may still spend, one row for each key and period, shared by all processes.

Rows are locked while something is taken, so processes together never get more than the limit. A share is small where
little is left: the last ones are handed out singly, whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import transaction

from pixelhub.accounts.models import ApiKeyAllowance
from pixelhub.accounts.rates import Ask, Grant, Leases, Limits, Spending

__all__ = ["allowances_lease", "allowances_return", "spend_now"]

#: Of the whole limit, and of what is left, a lease takes at most one part in so many.
_OF_LIMIT: Final = 20
_OF_REST: Final = 4


@transaction.atomic
def allowances_lease(*, key_id: int, asks: Sequence[Ask]) -> list[Grant]:
    """Take at least what is needed of each period where there is so much, else nothing of it."""
    rows = _locked(key_id, [ask.period for ask in asks])
    if len(rows) < len(asks):
        fresh = [ApiKeyAllowance(key_id=key_id, period=ask.period) for ask in asks if ask.period not in rows]
        ApiKeyAllowance.objects.bulk_create(fresh, ignore_conflicts=True)
        rows = _locked(key_id, [ask.period for ask in asks])
    grants = []
    for ask in asks:
        row = rows[ask.period]
        if row.starts < ask.start:
            row.starts, row.granted = ask.start, 0
        rest = max(0, ask.limit - row.granted)
        share = max(ask.need, min(ask.limit // _OF_LIMIT, rest // _OF_REST))
        granted = min(share, rest) if ask.need <= rest else 0
        row.granted += granted
        grants.append(Grant(ask.period, row.starts, granted, rest - granted))
    ApiKeyAllowance.objects.bulk_update(rows.values(), ["starts", "granted"])
    return grants


@transaction.atomic
def allowances_return(*, unspent: Iterable[tuple[int, Grant]]) -> None:
    """Put back what a stopping process did not spend, where its window still runs."""
    for key_id, grant in sorted(unspent, key=lambda entry: (entry[0], entry[1].period)):
        row = _locked(key_id, [grant.period]).get(grant.period)
        if row is not None and row.starts == grant.start:
            row.granted = max(0, row.granted - grant.granted)
            row.save(update_fields=["granted"])


def spend_now(leases: Leases, limits: Limits, cost: int = 1) -> Spending:
    """Spend, going to the ledger where the lease is too small; for callers that may wait for the database."""
    spending = leases.spend(limits, cost)
    while spending.asks:
        leases.credit(limits.key_id, allowances_lease(key_id=limits.key_id, asks=spending.asks))
        spending = leases.spend(limits, cost)
    return spending


def _locked(key_id: int, periods: Iterable[str]) -> dict[str, ApiKeyAllowance]:
    rows = ApiKeyAllowance.objects.select_for_update(no_key=True).filter(key_id=key_id, period__in=list(periods))
    return {row.period: row for row in rows.order_by("period")}
