"""Enrichment of a release (D17): emotion, bias and quality of each conversation, by rules or by trained heads.

`scores` says what a line of scores holds, `bulk` makes them for a whole release, `report` sums them up. The rules need
nothing but this package; trained heads read sentence embeddings, which the caller's encoder gives (`units.Encoder`).
"""
