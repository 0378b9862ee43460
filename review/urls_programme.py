"""Addresses of the programme: the board, its plan, its gates and phases, what goes out of it."""

from django.urls import path

from review.views import board, digest, gates, phases, programme_out, tasks

urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/start/", board.plan_start, name="plan_start"),
    path("board/history/", board.plan_history, name="plan_history"),
    path("board/digest/", digest.digest, name="digest"),
    path("board/digest/send/", digest.digest_subscribe, name="digest_subscribe"),
    path("board/digest/end/", digest.digest_unsubscribe, name="digest_unsubscribe"),
    path("board/burndown/", programme_out.burndown, name="burndown"),
    path("board/burndown.svg", programme_out.burndown_chart, name="burndown_chart"),
    path("board/integration/", programme_out.integration_runs, name="integration_runs"),
    path("board/export/<str:form>/", programme_out.plan_export, name="plan_export"),
    path("board/tick/", tasks.task_tick, name="task_tick"),
    path("board/untick/", tasks.task_untick, name="task_untick"),
    path("board/move/", tasks.subtask_move, name="subtask_move"),
    path("board/tasks/<str:key>/", tasks.task_detail, name="task_detail"),
    path("board/tasks/<str:key>/owners/", tasks.owner_assign, name="owner_assign"),
    path("board/owners/<int:pk>/end/", tasks.owner_end, name="owner_end"),
    path("board/gates/<str:key>/", gates.gate_detail, name="gate_detail"),
    path("board/gates/<str:key>/waive/", gates.gate_waive, name="gate_waive"),
    path("board/waivers/<int:pk>/withdraw/", gates.waiver_withdraw, name="waiver_withdraw"),
    path("board/phases/<int:number>/", phases.phase_detail, name="phase_detail"),
    path("board/phases/<int:number>/close/", phases.phase_close, name="phase_close"),
    path("board/phases/<int:number>/reopen/", phases.phase_reopen, name="phase_reopen"),
]
