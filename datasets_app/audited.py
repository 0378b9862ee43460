"""What the data's events mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.accounts.roles import Capability
from pixelhub.audit.acts import register_acts, register_targets

register_acts(
    "pii",
    {
        "pii.review": "decided on the identifiers of a conversation",
        "pii.bulk_decide": "decided on many identifiers at once",
        "pii.bulk_undo": "took a decision on many identifiers back",
        "pii.spot_check": "looked at a sample of decisions on identifiers",
        "record.screen": "had conversations screened for identifiers",
    },
)
register_acts(
    "release",
    {
        "release.create": "asked for release {version}",
        "release.publish": "published release {version}",
        "release.fail": "could not compile a release: {reason}",
        "release.enrich": "asked for scores of release {version}",
        "release.enriched": "scored release {version}: {records} conversations",
        "release.register": "registered release {version}, made elsewhere",
        "snapshot.publish": "published label snapshot {number}",
        "ladder.create": "asked for a stage ladder of release {release}",
        "ladder.publish": "published a stage ladder of release {release}",
        "ladder.fail": "could not build a stage ladder: {reason}",
    },
)
register_acts(
    "export",
    {
        "release.export_start": "asked to export a release",
        "release.export": "exported a release",
        "store_snapshot.start": "asked for a copy of the store",
        "store_snapshot.finish": "copied the store",
    },
)
register_acts(
    "data",
    {
        "conversation.reserve": "kept {conversations} conversations for judging models, out of all training",
        "record.hold_out": "held a conversation out of training for good",
        "import.start": "began an import",
        "import.finish": "finished an import: {accepted} accepted",
        "import.purge_original": "removed the original file of an import",
        "duplicates.search": "searched for copies",
        "duplicates.found": "found copies",
        "duplicates.decide": "decided on pairs of copies",
        "duplicates.confirm": "took out copies",
        "duplicates.restore": "put copies back",
        "inventory.start": "asked for an inventory of the store",
        "inventory.refresh": "took an inventory of the store",
        "store_sync.start": "asked to fetch files from another store",
        "store_sync.finish": "fetched files from another store",
        "store_sync.fail": "could not fetch files from another store",
        "store_snapshot.restore": "put a copy of the store back",
        "store_snapshot.fail": "could not copy the store",
        "synthesis.start": "asked for made-up conversations",
        "synthesis.finish": "made up conversations: {made} made, {broken} set aside",
        "synthesis.decide": "decided on a made-up conversation: {decision:words}",
        "synthesis.reopen": "took a decision on a made-up conversation back",
        "synthesis.take": "brought made-up conversations into the records",
    },
)
register_acts(
    "data",
    {
        "augmentation.start": "asked for augmented conversations",
        "augmentation.finish": "made {children} augmented conversations",
        "variation.decide": "decided on an augmented conversation",
        "variation.bring": "had {approved} approved variations taken in",
    },
)
register_targets(
    {
        "datasets_app.Augmentation": ("datasets:augmentation", Capability.DATASET_VIEW),
        "datasets_app.Variation": ("datasets:variation_review", Capability.REVIEW_JUDGE),
        "datasets_app.ImportBatch": ("datasets:import_detail", Capability.DATASET_VIEW),
        "datasets_app.Record": ("datasets:record_detail", Capability.DATASET_VIEW),
        "datasets_app.Release": ("datasets:release_detail", Capability.DATASET_VIEW),
        "datasets_app.LabelSnapshot": ("datasets:snapshot_detail", Capability.DATASET_VIEW),
        "datasets_app.StageLadder": ("datasets:ladder_detail", Capability.DATASET_VIEW),
        "datasets_app.DuplicateSearch": ("datasets:duplicate_search", Capability.DATASET_VIEW),
        "datasets_app.StoreWork": ("datasets:store_work", Capability.DATASET_IMPORT),
        "datasets_app.SynthesisBatch": ("datasets:synthesis_batch", Capability.DATASET_VIEW),
    }
)
