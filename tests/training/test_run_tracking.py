"""Where a run of the hub may send its figures."""

from typing import Any

import pytest

from datasets_app.models import Release
from pixelhub.accounts.models import Project
from training_app.learn.config import config_from
from training_app.services import RunRefused
from training_app.services.runs import refuse_unfit

SERVER = "https://mlflow.example.org"


def refusal(**tracking: Any) -> str:
    try:
        refuse_unfit(
            project=Project(),
            release=Release(state=Release.State.PUBLISHED),
            config=config_from({"tracking": tracking}),
        )
    except RunRefused as reason:
        return str(reason)
    return ""


@pytest.mark.parametrize(
    ("tracking", "named"),
    [
        ({"mlflow": True, "mlflow_uri": SERVER}, "PIXELHUB_MLFLOW_SERVERS"),
        ({"wandb": "online"}, "PIXELHUB_WANDB_ONLINE"),
        ({"mlflow": True, "local_dir": "/etc"}, "local_dir"),
    ],
)
def test_run_sends_nothing_where_the_operator_does_not_allow_it(tracking: dict[str, Any], named: str) -> None:
    assert named in refusal(**tracking)


def test_run_may_keep_figures_locally_and_send_them_where_allowed(settings: Any) -> None:
    assert refusal(mlflow=True, wandb="offline") == ""
    settings.PIXELHUB_MLFLOW_SERVERS = [SERVER]
    settings.PIXELHUB_WANDB_ONLINE = True
    assert refusal(mlflow=True, mlflow_uri=SERVER, wandb="online") == ""
    assert refusal(mlflow=True, mlflow_uri=f"{SERVER}@evil.example")
