"""Expert validation sets of the hub: what may be drawn, what was said, how it is written down."""
