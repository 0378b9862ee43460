"""`manage.py compile_release VERSION --project P`: compile a release from the published labels or the whole corpus."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.corpus import taxonomy
from datasets_app.management.jobwait import finish, project_named
from datasets_app.models import Release
from datasets_app.selectors_releases import published_releases
from datasets_app.services import ReleaseChoices, ReleaseRefused, release_create
from pixelhub.accounts.models import Project


class Command(BaseCommand):
    """Compile, upload and verify a release; exit code 1 when it is refused or a required gate fails."""

    help = (
        "Compile a release from the published label snapshots of a project, or from all its usable records. "
        "Example: manage.py compile_release 1.1.0 --project demo --seed 7 --holdout-family sarcasm --parent 1.0.0"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("release_version", metavar="VERSION", help="1.0.0 or v2026-01-31")
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--seed", type=int, default=0, help="the same records, choices and seed: the same bytes")
        parser.add_argument("--kind", choices=("labels", "corpus"), default="labels", help="what goes in")
        parser.add_argument(
            "--holdout-family", action="append", default=[], choices=taxonomy.FAMILIES, metavar="FAMILY",
            help="goes to the test split only; repeatable",
        )  # fmt: skip
        parser.add_argument(
            "--parent", help="earlier version whose records keep their split (default: the latest published one)"
        )
        parser.add_argument("--no-parent", action="store_true", help="split afresh")
        parser.add_argument(
            "--near-duplicates", choices=("group", "drop", "off"), default="group",
            help="keep them in one split (default), keep one of them and every edge case, do not look",
        )  # fmt: skip
        parser.add_argument(
            "--shares", type=_shares, default=dict(taxonomy.SPLIT_SHARES), metavar="T/V/T",
            help="train/validation/test in percent, 70/15/15 by default; 90/5/5 for a large corpus",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile and print where the release lies and what its hash is."""
        project = project_named(options["project"])
        try:
            choices = ReleaseChoices(
                seed=options["seed"],
                kind=options["kind"],
                parent=_parent(project, options),
                holdout_families=options["holdout_family"],
                near_duplicates=options["near_duplicates"],
                shares=options["shares"],
            )
            release = release_create(project=project, version=options["release_version"], choices=choices, actor=None)
        except ReleaseRefused as refused:
            raise CommandError(str(refused)) from None
        assert release.job is not None
        finish(release.job)
        release = Release.objects.select_related("parent").get(pk=release.pk)
        result = {
            "version": release.version,
            "kind": release.kind,
            "parent": release.parent.version if release.parent else None,
            "left_out": release.params.get("left_out", {}),
            "manifest_sha256": release.manifest_sha256,
            "object_prefix": release.object_prefix,
            "counts": release.counts,
            "gates": {gate["gate"]: gate["passed"] for gate in release.gates},
        }
        if options["json"]:
            self.stdout.write(json.dumps(result, indent=2, sort_keys=True))
            return
        splits = ", ".join(f"{name} {split['total']}" for name, split in release.counts["splits"].items())
        self.stdout.write(f"Release {release.version}: {release.counts['total']} records ({splits})")
        self.stdout.write(f"  manifest SHA-256 {release.manifest_sha256}")
        for reason, count in result["left_out"].items():
            self.stdout.write(f"  left out: {count} {reason}")
        self.stdout.write(f"  objects under {release.object_prefix}")
        for gate in release.gates:
            self.stdout.write(f"  gate {gate['gate']}: {'pass' if gate['passed'] else 'fail'}")


def _parent(project: Project, options: dict[str, Any]) -> Release | None:
    if options["no_parent"]:
        return None
    if not options["parent"]:
        return published_releases(project).first()
    parent = published_releases(project).filter(version=options["parent"]).first()
    if parent is None:
        raise CommandError(f"Project {project.slug} has no published release {options['parent']}.")
    return parent


def _shares(text: str) -> dict[str, float]:
    """Read 70/15/15. Raises ArgumentTypeError for anything else that does not make 100."""
    try:
        parts = [float(part) for part in text.split("/")]
    except ValueError:
        parts = []
    if len(parts) != len(taxonomy.SPLITS) or min(parts) < 0 or abs(sum(parts) - 100) > 1e-9:
        raise ArgumentTypeError("three numbers that make 100, such as 90/5/5")
    return {split: part / 100 for split, part in zip(taxonomy.SPLITS, parts, strict=True)}
