"""What events of people and keys mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.accounts.roles import Capability
from pixelhub.audit.acts import register_acts, register_targets

register_acts(
    "signin",
    {
        "session.sign_in": "signed in",
        "session.sign_out": "signed out",
        "session.sign_in_failed": "was not let in",
        "session.end_all": "ended {sessions} session(s) ({reason})",
        "session.expire": "was signed out by a limit ({limit:words})",
        "session.locked_out": "was locked out after failed attempts",
        "password.change": "changed the password",
        "mfa.add": "added a second factor ({kind})",
        "mfa.remove": "removed a second factor ({kind})",
        "mfa.reset": "renewed a second factor ({kind})",
        "mfa.fail": "gave a wrong second factor",
        "mfa.withdraw": "took somebody's second factor away, so that they can set up a new one",
        "email.change": "changed an e-mail address",
    },
)
register_acts(
    "permission",
    {
        "user.create": "made an account",
        "user.disable": "disabled an account",
        "user.enable": "enabled an account",
        "membership.grant": "gave the role {role:words}",
        "account.admin_change": "changed an account in Django's admin ({act})",
        "membership.revoke": "took the role {role:words} away",
        "project.create": "made the project",
        "api_key.create": "made an API key",
        "api_key.change": "changed an API key",
        "api_key.rotate": "gave an API key a new secret",
        "api_key.revoke": "ended an API key",
    },
)
register_targets(
    {
        "accounts.ApiKey": ("accounts:api_key_detail", Capability.APIKEY_MANAGE),
    }
)
