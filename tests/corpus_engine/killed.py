"""Compiles and kills itself at one point: `python -m tests.corpus_engine.killed SOURCE FOLDER ENGINE STAGE`."""

import os
import signal
import sys
from pathlib import Path

from datasets_app.corpus.engine import Progress, compile_corpus, make_executor

from .making import described, settings


def main(source: str, folder: str, engine: str, stage: str) -> None:
    executor = make_executor(engine, workers=2)  # type: ignore[arg-type]

    def told(progress: Progress) -> None:
        if progress.stage == stage and progress.done > 0:
            sys.stdout.write(" ".join(map(str, getattr(executor, "pids", []))))
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    compile_corpus(
        [described(Path(source))],
        Path(folder) / "release",
        settings(unit_bytes=3_000),
        executor=executor,
        workdir=Path(folder) / "work",
        progress=told,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
