"""Who may open what of the hub itself: home, people and keys, jobs, live changes, the audit trail."""

from __future__ import annotations

from tests.security.may.roles import (
    ADMIN,
    JOB_STOPPERS,
    KEY_KEEPERS,
    LEAD,
    PM,
    ROLES,
    WATCHERS,
    Methods,
)

MAY: dict[str, Methods] = {
    "home": (ROLES, None),
    "accounts:people": (ADMIN, None),
    "accounts:person_create": (None, ADMIN),
    "accounts:role_grant": (None, ADMIN),
    "accounts:role_revoke": (None, ADMIN),
    "accounts:api_keys": (KEY_KEEPERS, KEY_KEEPERS),
    "accounts:api_key_revoke": (None, KEY_KEEPERS),
    "accounts:api_key_detail": (KEY_KEEPERS, None),
    "accounts:api_key_change": (None, KEY_KEEPERS),
    "accounts:api_key_rotate": (None, KEY_KEEPERS),
    "accounts:second_factor": (ROLES, None),
    "accounts:project_switch": (None, ROLES),
    "accounts:theme_set": (None, ROLES),
    "jobs:list": (ROLES, None),
    "jobs:detail": (WATCHERS | ADMIN, None),
    "jobs:progress": (WATCHERS | ADMIN, None),
    "jobs:cancel": (None, JOB_STOPPERS),
    "jobs:retry": (None, JOB_STOPPERS),
    "live:revisions": (ROLES, None),
    "audit:list": (PM | LEAD | ADMIN, None),
    "audit:verify": (None, PM | LEAD | ADMIN),
    "audit:export": (None, PM | LEAD | ADMIN),
}
