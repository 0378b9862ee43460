"""The stage ladder of many generated records: shares, sums, rate. `python -m benchmarks.stages --records 100000`."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path

from datasets_app.corpus.engine import Input, make_executor
from datasets_app.corpus.stages import BuildSettings, build_stages
from tests.stages.making import records, write


def main() -> None:
    """Generate, build, print one line per stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--engine", default="inline", choices=("inline", "pool"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, closing(make_executor(options.engine)) as executor:
        root = Path(folder)
        source = write(root / "pool.jsonl", records(options.records))
        entry = Input(address=str(source), family="mental_health_datasets")
        began = time.perf_counter()
        report = build_stages([entry], root / "ladder", BuildSettings(), workdir=root / "work", executor=executor)
        seconds = time.perf_counter() - began
    manifest = report.manifest
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{manifest.read:,} rows in {seconds:.1f} s, {manifest.read / seconds:,.0f}/s, peak {peak:.0f} MiB")
    print(
        f"ladder {manifest.total:,}, left out {manifest.left_out:,}, copies {manifest.copies:,}, "
        f"rejected {manifest.rejected:,}, refused {manifest.refused:,}; adds up: {manifest.adds_up}"
    )
    for name, stage in manifest.stage_metrics.items():
        print(
            f"  {name:<28} {stage.records:>7,}  {stage.share:.4%}, {stage.deviation_points:+.4f} points; "
            f"{stage.edge_cases:,} edge cases, rejected {stage.rejected:,}"
        )


if __name__ == "__main__":
    main()
