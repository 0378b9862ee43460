"""Addresses of sessions, below the app's own."""

from django.urls import path

from inference import views_session_try, views_sessions

urlpatterns = [
    path("conversation/", views_session_try.session_try, name="session_try"),
    path("conversation/open/", views_session_try.session_try_open, name="session_try_open"),
    path("conversation/<uuid:pk>/turns/", views_session_try.session_try_turns, name="session_try_turns"),
    path("conversation/<uuid:pk>/end/", views_session_try.session_try_end, name="session_try_end"),
    path("sessions/", views_sessions.sessions, name="sessions"),
    path("sessions/policy/", views_sessions.session_policy, name="session_policy"),
    path("sessions/<uuid:pk>/", views_sessions.session_detail, name="session_detail"),
    path("sessions/<uuid:pk>/resolve/", views_sessions.session_resolve, name="session_resolve"),
    path("sessions/<uuid:pk>/text/", views_sessions.session_text, name="session_text"),
]
