"""Addresses of the crisis protocol, below /inference/cases/."""

from django.urls import path

from inference import views_case_acts as acts
from inference import views_case_figures as figures
from inference import views_cases as views
from inference import views_contacts
from inference import views_webhook as hook

urlpatterns = [
    path("", views.case_board, name="case_board"),
    path("figures/", figures.case_figures_page, name="case_figures"),
    path("figures.csv", figures.case_figures_csv, name="case_figures_csv"),
    path("policy/", figures.case_policy, name="case_policy"),
    path("contacts/", views_contacts.contacts, name="contacts"),
    path("missed/", figures.missed_cases, name="missed_cases"),
    path("webhook/", hook.webhook, name="webhook"),
    path("webhook/rotate/", hook.webhook_rotate, name="webhook_rotate"),
    path("webhook/enable/", hook.webhook_enable, name="webhook_enable"),
    path("webhook/remove/", hook.webhook_remove, name="webhook_remove"),
    path("webhook/test/", hook.webhook_test, name="webhook_test"),
    path("<int:pk>/", views.case_detail, name="case_detail"),
    path("<int:pk>/acknowledge/", acts.case_acknowledge, name="case_acknowledge"),
    path("<int:pk>/take-over/", acts.case_take_over, name="case_take_over"),
    path("<int:pk>/release/", acts.case_release, name="case_release"),
    path("<int:pk>/verify/", acts.case_verify, name="case_verify"),
    path("<int:pk>/override/", acts.case_override, name="case_override"),
    path("<int:pk>/close/", acts.case_close, name="case_close"),
    path("<int:pk>/reopen/", acts.case_reopen, name="case_reopen"),
    path("<int:pk>/note/", acts.case_note, name="case_note"),
    path("<int:pk>/hand-over/", acts.handover_record, name="handover_record"),
    path("hand-overs/<int:pk>/step/", acts.handover_step, name="handover_step"),
]
