"""The board counted a second time: plain SQL, written from the program's text and not from `review/facts`.

Nothing of the hub's reads is used: targets, comparisons and queries stand here and in `independent_counts` again.
`count(project_id)` answers each line, gate and metric as (value, verdict); a line ticked by hand has no value, and is
done or not.
"""

from __future__ import annotations

from tests.review.independent_counts import SIX, Count, Figure, below, more, none_left


def count(project: int) -> dict[str, dict[str, Figure]]:
    """`lines`, `gates` and `metrics` of a project by their keys."""
    c = Count(project)
    labelled_types = c.labels("l.crisis_type <> 'none'", "COUNT(DISTINCT l.crisis_type)")
    made = ", ".join(f"'{name}'" for name in SIX)
    synthetic_types = c.records(f"source = 'synthetic' AND proposed_type IN ({made})", "COUNT(DISTINCT proposed_type)")
    synthetic, labelled = c.records("source = 'synthetic'"), c.labels()
    size = c.of_release(lambda counts, _: more(counts["total"], 5000))
    duplicates = c.of_release(
        lambda counts, found: below(found["duplicates"] / counts["total"], 0.001) if found else (None, "not_yet")
    )
    run = "state = 'succeeded'"
    deployed = more(c.of_project("inference_deployment", "retired_at IS NULL"), 1)
    lines = {
        "1.1.templates": more(synthetic_types, 6),
        "1.1.batch-1": more(synthetic, 1500),
        "1.1.batch-2": more(synthetic, 3000),
        "1.1.qa": c.ticked("1.1.qa"),
        "1.2.access": c.ticked("1.2.access"),
        "1.2.sync": more(c.records("source = 'real'"), 1500),
        "1.2.anonymised": c.unsettled(),
        "1.2.complete": c.imports(),
        "1.2.types": more(
            c.labels("r.source = 'real' AND l.crisis_type <> 'none'", "COUNT(DISTINCT l.crisis_type)"), 6
        ),
        "1.2.people": c.people(),
        "1.2.qa": c.ticked("1.2.qa"),
        "1.3.guideline": more(c.of_project("annotation_guideline", "approved_at IS NOT NULL"), 1),
        "1.3.tool": more(
            c.of_project("annotation_round", "opened_at IS NOT NULL AND kind NOT IN ('practice', 'qualification')"), 1
        ),
        "1.3.training": c.qualified(),
        "1.3.batch-1": more(labelled, 2250),
        "1.3.batch-2": more(labelled, 4500),
        "1.3.reconcile": c.disagreements(),
        "1.3.kappa": c.kappa(),
        "2.1.generate": more(c.records("source = 'augmented'"), 1000),
        "2.1.type": c.type_kept(),
        "2.1.qa": c.ticked("2.1.qa"),
        "2.2.kinds": more(c.records("edge_case_kind <> ''", "COUNT(DISTINCT edge_case_kind)"), 4),
        "2.2.generate": more(c.records("is_edge_case"), 500),
        "2.2.review": c.ticked("2.2.review"),
        "2.3.release": more(c.of_project("datasets_app_release", "state = 'published'"), 1),
        "2.3.unique": size,
        "2.3.dedup": duplicates,
        "2.3.splits": c.shares(),
        "2.3.report": c.report(),
        "3.1.environment": c.measured(),
        "3.1.dry-run": more(c.of_project("training_app_trainingrun", run), 1),
        "3.2.grid": more(c.of_project("training_app_study", run), 1),
        "3.2.final": more(c.of_project("training_app_trainingrun", f"{run} AND study_id IS NOT NULL"), 1),
        "3.2.sensitivity": c.metric("sensitivity"),
        "3.2.fpr": c.metric("false_positive_rate"),
        "3.3.evaluated": c.evaluations("*"),
        "3.3.per-type": c.weakest(),
        "3.3.checkpoint": more(c.of_project("training_app_modelversion"), 1),
        "3.3.card": c.evaluations("DISTINCT e.model_version_id"),
        "3.3.latency": c.latency(),
        "4.1.loaded": deployed,
        "4.1.healthy": c.healthy(),
        "4.1.inference": more(c.of_project("inference_scorelog", "NOT degraded"), 1),
        "4.2.suite": c.suite("passed", 11),
        "4.2.load": c.suite("clients", 100),
        "4.3.reviewed": c.judged(),
        "4.3.signed": c.signed(),
        "4.3.production": deployed,
        "4.3.monitoring": c.ticked("4.3.monitoring"),
        "4.3.docs": c.sections(),
    }
    gates = {
        "1.kappa": c.kappa(),
        "1.duplicates": none_left(
            c.records() - c.records(what="COUNT(DISTINCT content_hash)") if c.records() else None
        ),
        "1.types": more(labelled_types or None, 6),
        "1.pii": c.pii(),
        "2.size": size,
        "2.per-type": c.of_release(
            lambda counts, _: more(min(counts["splits"]["train"]["types"][kind] for kind in SIX), 250)
        ),
        "2.duplicates": duplicates,
        "2.leakage": c.of_release(
            lambda _, found: none_left(found["duplicates"] + found["groups_across_splits"] if found else None)
        ),
        "3.sensitivity": c.metric("sensitivity"),
        "3.specificity": c.metric("specificity"),
        "3.f1": c.metric("macro_f1"),
        "3.per-type": c.weakest(),
        "4.integration": c.suite("passed", 11),
        "4.latency": c.latency(),
        "4.load": c.suite("clients", 100),
        "4.expert": c.signed(),
    }
    metrics = {
        "sensitivity": c.metric("sensitivity"),
        "fpr": c.metric("false_positive_rate"),
        "latency": c.latency(),
        "per-type": c.weakest(),
        "integration": c.suite("passed", 11),
        "dataset": size,
        "kappa": c.kappa(),
    }
    return {"lines": lines, "gates": gates, "metrics": metrics}
