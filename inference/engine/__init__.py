"""The scoring engine: Django-free, and the one place that imports onnxruntime."""
