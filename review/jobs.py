"""Job handlers of this app (found by pixelhub.jobs)."""

from review.demo.job import DemoPrepare
from review.job_digest import DigestSend
from review.job_expert_sets import ExpertSetDraw
from review.job_findings import EdgeCaseCheckJob, FairnessReportJob
from review.production_watch import ProveProduction

__all__ = ["DemoPrepare", "DigestSend", "EdgeCaseCheckJob", "ExpertSetDraw", "FairnessReportJob", "ProveProduction"]
