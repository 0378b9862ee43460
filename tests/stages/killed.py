"""Builds a ladder and kills itself at one point: `python -m tests.stages.killed SOURCE WORK ADDRESS POINT`.

POINT: `judge` (a unit is done), `publish` (two objects were sent, the claim and a first file).
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from datasets_app.corpus.engine import Input, Progress
from datasets_app.corpus.stages import BuildSettings, build_stages
from datasets_app.publishing import StorePublisher
from pixelhub.objects.s3 import S3Store

UNIT_BYTES = 200_000


def main(source: str, work: str, address: str, point: str) -> None:
    sent: list[str] = []
    put = S3Store.put

    def counted(store: S3Store, key: str, data: Any, **options: Any) -> Any:
        stat = put(store, key, data, **options)
        sent.append(key)
        if point == "publish" and len(sent) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return stat

    def told(progress: Progress) -> None:
        if point == "judge" and 0 < progress.done < progress.total:
            os.kill(os.getpid(), signal.SIGKILL)

    S3Store.put = counted  # type: ignore[method-assign]
    inputs = [Input(address=source, family="mental_health_datasets")]
    settings = BuildSettings(unit_bytes=UNIT_BYTES)
    build_stages(inputs, StorePublisher(address), settings, workdir=Path(work), progress=told)


if __name__ == "__main__":
    main(*sys.argv[1:])
