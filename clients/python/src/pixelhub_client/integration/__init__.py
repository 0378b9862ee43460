"""The integration suite: eleven tests over eighteen scenarios against a running hub, over real HTTP, with a key."""

from pixelhub_client.integration.report import Outcome, Report
from pixelhub_client.integration.run import run_suite

__all__ = ["Outcome", "Report", "run_suite"]
