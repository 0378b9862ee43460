"""Trainings of random-weight models at size on a GPU, by the product's own path: speed, memory, and what must hold.

    python -m benchmarks.training_gpu --folder FOLDER --out OUT
    python -m benchmarks.training_gpu --folder FOLDER --out OUT --tiny       # the same on a CPU, in minutes
    python -m benchmarks.training_gpu --folder FOLDER --out OUT --only lora-12b full-1b

The backbones (bf16 shards) and the releases are made in FOLDER unless they are there. Each case is a process of its
own with a time limit, and its figures are a line of OUT/results.jsonl as soon as they are known; the events of its
trainings with their times are lines of OUT/events.jsonl. Text and weights mean nothing: what a loss can learn here are
the frequencies of the classes.

Tokens a second are of the steps after the first points, real tokens and padded ones. Model FLOPs utilisation counts
what the model needs and not what checkpointing computes again, from the exact operations of a padded batch (attention
included) that the estimate counts; beside it the rule of thumb, 6 N operations a token for a full fine-tune and
4 N + 6 A for adapters of A parameters. It is a share of what an 8192-wide bf16 product reaches in the same process, and
of the data sheet's.
"""
