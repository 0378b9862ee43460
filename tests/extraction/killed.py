"""Extracts and kills itself when a part is done: `python -m tests.extraction.killed ADDRESS OUTPUT UNIT_BYTES`."""

import os
import signal
import sys
from pathlib import Path

from datasets_app.corpus.engine import Input, PlacesSpec, Progress
from datasets_app.corpus.extraction import ExtractSettings, extract


def main(address: str, output: str, unit_bytes: str) -> None:
    def told(progress: Progress) -> None:
        if progress.done >= progress.total / 2:
            os.kill(os.getpid(), signal.SIGKILL)

    extract(
        [Input(address=address, family="mental_health_datasets", source="real")],
        Path(output),
        ExtractSettings(
            set="long_running_therapy",
            family="long_running_therapy",
            options={"min_turns": 20},
            unit_bytes=int(unit_bytes),
            places=PlacesSpec("datasets_app.places:StorePlaces"),
        ),
        workdir=Path(f"{output}.work"),
        progress=told,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
