"""What review's events mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.accounts.roles import Capability
from pixelhub.audit.acts import register_acts, register_targets

register_acts(
    "signoff",
    {
        "signoff.decide": "signed: version {model_version} {decision:words}",
        "signoff.refuse": "was refused a signature under version {model_version}",
        "signoff.policy_set": "changed what a sign-off asks for",
    },
)
register_acts(
    "promotion",
    {
        "version.promote": "promoted a version to production",
        "version.roll_back": "rolled production back to an earlier version",
        "version.promote_refused": "was refused the promotion of version {model_version}",
        "promotion.freeze": "froze promotions",
        "promotion.unfreeze": "let promotions go on",
    },
)
register_acts(
    "review",
    {
        "campaign.create": "opened a review of {cases} cases",
        "campaign.close": "closed a review with {judged} cases judged",
        "case.label": "labelled a case of a review",
        "case.judge": "judged a case of a review: {verdict:words}",
        "error.open": "opened a wrong decision to read it: {error:words}",
        "error.answer": "answered a wrong decision: {reason}",
        "edge_cases.check": "looked for {tagged} tagged edge cases in the training data: {verdict:words}",
        "fairness.report": "made a fairness report over {looked_at} figures, highest alert {alert}",
    },
)
register_acts(
    "plan",
    {
        "plan.start_set": "set the start of the programme",
        "task.tick": "ticked {task}",
        "task.untick": "took the tick of {task} back",
        "plan.days_set": "moved {subtask} to other days",
        "task.owner_assign": "made somebody the owner of {task}",
        "task.owner_end": "ended the ownership of {task}",
        "gate.waive": "waived the gate {gate}",
        "gate.waiver_void": "had the waiver of gate {gate} end: its figures changed",
        "gate.waiver_withdraw": "withdrew the waiver of gate {gate}",
        "phase.close": "closed phase {phase}",
        "phase.reopen": "opened phase {phase} again",
        "digest.subscribe": "asked for the daily digest by e-mail",
        "digest.send": "sent the daily digest of {on}",
        "digest.unsubscribe": "ended the daily digest",
    },
)
register_acts(
    "review",
    {
        "campaign.assign": "shared out {seats} judgements of a review",
        "campaign.reassign": "gave {released} waiting judgements of a review to others",
        "case.claim": "took a case of a review",
        "case.discuss": "wrote about a case of a review",
        "case.resolve": "decided a case on which the experts were split: {crisis_type:words}",
        "feedback.relabel": "asked to have a case of a review labelled again",
        "feedback.consent": "consented to labelling a case of a review again",
        "feedback.decline": "left a test label as it is, with a reason",
        "feedback.note": "wrote a note for the guideline from a case of a review",
        "feedback.similar": "asked for {wanted} more cases like one of a review: {crisis_type:words}",
        "feedback.round": "put {cases} cases of reviews into round {number} to be labelled again",
        "request.import": "named an import for request {request} for more cases",
        "request.close": "closed request {request} for more cases",
        "expert_set.draw": "drew an expert set of {size} conversations",
        "expert_set.freeze": "froze an expert set of {examples} conversations",
        "expert_set.import": "brought an expert set in: {taken} taken, {refused} refused",
        "example.decide": "decided an example of an expert set on which the experts disagreed: {crisis_type:words}",
        "example.rate": "rated an example of an expert set",
        "expert.register": "put an expert into the register",
        "expert.change": "changed an expert's specialty, capacity or standing",
        "expert.away": "entered an absence of an expert from {from} until {until}",
        "expert.back": "took an absence of an expert back",
    },
)
register_acts(
    "export",
    {
        "evidence.download": "downloaded the evidence of version {version}",
        "expert_set.export": "took an expert set of {examples} conversations out as a file",
    },
)
register_targets(
    {
        "review.Campaign": ("review:campaign_detail", Capability.MODEL_VIEW),
        "review.ReviewCase": ("review:case_judge", Capability.REVIEW_JUDGE),
        "review.ExpertSet": ("review:expert_set_detail", Capability.MODEL_VIEW),
    }
)
