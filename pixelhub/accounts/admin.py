"""Django's admin for accounts; its own sign-in page is closed (allauth's, with MFA, is the only door)."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Writes around the services, so each leaves an event of its own: which fields, never their values."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(request, obj, "add", [])
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        changed = message if isinstance(message, list) else []
        names = [name for each in changed for name in each.get("changed", {}).get("fields", [])]
        self._record(request, obj, "change", sorted({str(name) for name in names}))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._record(request, obj, "delete", [])
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, obj: Model, act: str, fields: list[str]) -> None:
        with transaction.atomic():
            record(
                action="account.admin_change", actor=request.user, target=obj, payload={"act": act, "fields": fields}
            )


@admin.register(User)
class AuditedUserAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]
    """People, with Django's own forms."""


@admin.register(Project)
class ProjectAdmin(AuditedAdmin):
    """Projects."""
