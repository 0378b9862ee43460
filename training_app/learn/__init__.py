"""Training without Django: configuration, data, encoder, heads, loop, calibration, evaluation, export, card.

Run as ``python -m training_app.learn``. torch is imported in this package and nowhere else.
"""

import os

# Read by OpenMP when torch is first imported, so it is set before any module of this package imports torch:
# threads that spin while they wait take the machine from its neighbours (design/training.md, CPU cost).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Models come from local folders; whatever a library would fetch from a hub, kernels included, it does not.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# onnxruntime 1.29 and later report models and their use to Microsoft unless this is set before they load.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
