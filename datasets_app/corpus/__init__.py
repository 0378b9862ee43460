"""What the hub knows about conversations and datasets, without Django.

Everything in this package runs in a plain Python process: the command line, training and serving import it.
"""
