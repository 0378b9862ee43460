from django.urls import path

from pixelhub.accounts import views, views_keys, views_second_factor

app_name = "accounts"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/create/", views.person_create, name="person_create"),
    path("people/roles/grant/", views.role_grant, name="role_grant"),
    path("people/roles/<int:pk>/revoke/", views.role_revoke, name="role_revoke"),
    path("people/keys/", views_keys.api_keys, name="api_keys"),
    path("people/keys/<int:pk>/", views_keys.api_key_detail, name="api_key_detail"),
    path("people/keys/<int:pk>/change/", views_keys.api_key_change_limits, name="api_key_change"),
    path("people/keys/<int:pk>/rotate/", views_keys.api_key_new_secret, name="api_key_rotate"),
    path("people/keys/<int:pk>/revoke/", views_keys.api_key_end, name="api_key_revoke"),
    path("people/second-factor/", views_second_factor.second_factor, name="second_factor"),
    path("people/project/", views.project_switch, name="project_switch"),
    path("people/appearance/", views.theme_set, name="theme_set"),
]
