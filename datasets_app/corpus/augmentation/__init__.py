"""Augmentation: more conversations made of known ones, each with its parent, its label checked, no near-copies (D9).

`run.augment` makes them, `check.Judge` says whether a label still holds, `strategies` and `edge_variations` hold what
is done to the words. Nothing here knows of Django; docs/augmentation.md says what is promised.
"""
