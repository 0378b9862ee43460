"""Django's admin for accounts; its own sign-in page is closed (allauth's, with MFA, is the only door)."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from pixelhub.accounts.models import Project, User

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.register(User, UserAdmin)
admin.site.register(Project)
