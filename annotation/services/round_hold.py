"""How a label holds its round still while it arrives: together with other labels, or alone."""

from __future__ import annotations

from django.db import connection

from annotation.models import Round


def round_hold(*, round: Round, alone: bool) -> None:
    """Lock the round until the transaction ends, so that no label slips in while it closes.

    With `alone` nothing else in the round goes on beside the caller; without, other labels do (Django knows no shared
    lock, so it is asked for in SQL). To be decided once: going from one to the other could deadlock. On SQLite every
    write transaction is alone already.
    """
    if not connection.features.has_select_for_update:
        return
    strength = "NO KEY UPDATE" if alone else "SHARE"
    table = connection.ops.quote_name(Round._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR {strength}", [round.pk])  # noqa: S608  # nosec B608
