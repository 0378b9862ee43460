"""What every restored hub is asked, whatever apps it has (BACKUP_CHECKS)."""

from __future__ import annotations

from pixelhub.audit.verification import audit_verify


def audit_trail() -> tuple[str, int, list[str]]:
    """Every hash and link of the chain, and each published head."""
    check = audit_verify()
    return "events of the audit trail", check.events, list(check.problems)
