"""The scoring engine: Django-free, and the one place that imports onnxruntime."""

import os

# onnxruntime 1.29 and later report models and their use to Microsoft unless this is set before they load.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
