"""Job handlers of this app (found by pixelhub.jobs)."""

from review.demo.job import DemoPrepare

__all__ = ["DemoPrepare"]
