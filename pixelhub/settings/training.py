"""What training may use of the machine (training_app)."""

from .env import env

__all__ = [
    "ENRICHMENT_HEADS",
    "ENRICHMENT_WORKERS",
    "PIXELHUB_MLFLOW_SERVERS",
    "PIXELHUB_MODEL_DIRS",
    "PIXELHUB_TUNE_WORKERS",
    "PIXELHUB_WANDB_ONLINE",
]

# Folder of trained heads (python -m training_app.learn enrichment-heads) that score releases; without one, rules do.
ENRICHMENT_HEADS = env("ENRICHMENT_HEADS", default="")
# Processes that score a release, each on a core.
ENRICHMENT_WORKERS = env.int("ENRICHMENT_WORKERS", default=1)

# Folders with Hugging Face models that runs of the hub may use as backbones: each one itself, or those inside it.
PIXELHUB_MODEL_DIRS = env.list("PIXELHUB_MODEL_DIRS", default=[])
# Trials of a study that run at once; 0 is one per GPU, or without a GPU one per core that the trial's threads leave.
PIXELHUB_TUNE_WORKERS = env.int("PIXELHUB_TUNE_WORKERS", default=0)
# Addresses of MLflow servers that runs of the hub may report to; a local store needs none.
PIXELHUB_MLFLOW_SERVERS = env.list("PIXELHUB_MLFLOW_SERVERS", default=[])
# Whether runs of the hub may report to Weights & Biases over the network (with the key of the worker's environment).
PIXELHUB_WANDB_ONLINE = env.bool("PIXELHUB_WANDB_ONLINE", default=False)
