"""What annotation's events mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.accounts.roles import Capability
from pixelhub.audit.acts import register_acts, register_targets

register_acts(
    "label",
    {
        "annotation.submit": "labelled a conversation",
        "annotation.edit": "changed a label",
        "annotation.flag": "flagged a conversation",
        "annotation.flag_resolve": "looked into a flag",
        "slot.skip": "passed a conversation on",
        "labels.import": "imported labels from a file",
        "suggestions.put": "put model suggestions beside a round",
        "round.simulate": "had simulated annotators label a round",
    },
)
register_acts(
    "adjudication",
    {
        "annotation.adjudicate": "decided a disagreement",
        "round.adjudicate_simulated": "had disagreements of a round decided by a simulation",
        "round.rater_models": "fitted rater models to a round",
    },
)
register_acts(
    "export",
    {
        "labels.export": "exported the labels of a round",
    },
)
register_acts(
    "annotation",
    {
        "round.create": "made a round",
        "round.open": "opened a round under guideline {guideline_version}",
        "round.close": "closed a round",
        "round.publish": "published the labels of a round",
        "round.extend": "added samples to a round",
        "round.ask_more": "asked for more labels of a sample",
        "round.annotator_add": "added an annotator to a round",
        "round.annotator_remove": "took an annotator off a round",
        "set.create": "made a set to practise with",
        "set.start": "began a practice set",
        "guideline.create": "wrote guideline {version}",
        "guideline.edit": "edited guideline {version}",
        "guideline.approve": "approved guideline {version}",
        "guideline.send_back": "sent guideline {version} back",
        "guideline.withdraw": "withdrew guideline {version}",
        "guideline.note": "wrote a note for the next guideline",
        "guideline.note_take": "took a note up in guideline {version}",
        "guideline.note_dismiss": "left a note for the guideline, with a reason",
        "guideline.read": "read guideline {version}",
        "relabel.propose": "proposed to label again after guideline {version}",
        "relabel.accept": "accepted a proposal to label again",
        "relabel.dismiss": "dismissed a proposal to label again",
    },
)
register_acts(
    "quality",
    {
        "gold.set": "set an expert label",
        "gold.retire": "retired an expert label",
        "gold.from_round": "took expert labels from a round",
        "quality.draw": "drew labels to look at again",
        "quality.review": "looked at a label again",
        "quality.answer": "answered to a finding",
        "qualification.finish": "finished a qualification",
        "annotator.pause": "paused an annotator",
        "annotator.practise": "sent an annotator to practise",
        "annotator.resume": "let an annotator go on",
        "hard_moment.see": "answered to a hard moment",
    },
)
register_acts(
    "policy",
    {
        "annotation.policy_change": "changed the annotation policy",
    },
)
register_targets(
    {
        "annotation.Round": ("annotation:round_detail", Capability.AGREEMENT_VIEW),
        "annotation.Guideline": ("annotation:guideline_detail", Capability.AUDIT_VIEW),
        "annotation.LabelImport": ("annotation:label_import", Capability.ROUND_MANAGE),
    }
)
