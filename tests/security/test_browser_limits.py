"""Headers and inline code of pages that are not ours (the permission matrix looks at all of ours), and of errors."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from pixelhub.accounts.models import User
from pixelhub.accounts.services import user_create
from tests.personas import PASSWORD, World
from tests.security.browser_limits import weaknesses

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
_SKIPPED = {"account_logout", "account_signup"}


def account_pages() -> list[str]:
    """Addresses of allauth's pages that need no argument."""
    [resolver] = [entry for entry in get_resolver().url_patterns if str(entry.pattern) == "accounts/"]
    names: list[str] = []

    def walk(patterns: list[Any]) -> None:
        for entry in patterns:
            if isinstance(entry, URLPattern):
                names.extend([entry.name] if entry.name and not entry.pattern.regex.groups else [])
            else:
                walk(entry.url_patterns)

    walk(resolver.url_patterns)
    return [reverse(name) for name in names if name not in _SKIPPED]


def test_sign_in_account_admin_and_error_pages(world: World) -> None:
    root = user_create(username="root", password=PASSWORD)
    User.objects.filter(pk=root.pk).update(is_staff=True, is_superuser=True)
    client, visitor = world.sign_in(User.objects.get(pk=root.pk)), Client()
    person = reverse("admin:accounts_user_change", args=[root.pk])
    pages = [*account_pages(), "/admin/", "/admin/accounts/user/", person, "/admin/accounts/project/add/"]
    assert len(pages) > 15
    wrong, opened = {}, 0
    for path in [*pages, "/no-such-page/", "/?title=%00"]:
        for who in (client, visitor):
            answer = who.get(path)
            opened += answer.status_code == 200
            assert answer.status_code < 500, path
            if found := weaknesses(answer):
                wrong[path] = found
    forged = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x"})
    assert forged.status_code == 403
    assert weaknesses(forged) == []
    assert opened >= 10
    assert wrong == {}


def test_a_weak_answer_is_seen() -> None:
    answer = HttpResponse("<p onclick='x()'>a</p><script>x()</script>")
    answer.headers["Content-Security-Policy"] = "script-src 'self' 'unsafe-inline' https://cdn.example"
    found = " ".join(weaknesses(answer))
    for word in ("X-Content-Type-Options", "too wide", "no object-src", "no Permissions-Policy", "onclick", "<script>"):
        assert word in found
