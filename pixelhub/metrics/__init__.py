"""What processes count about themselves, summed over the processes of a machine and shown to Prometheus. Django-free.

`catalogue` names every metric and every value that a label may have, `slot` is one process's memory of counts, `store`
is what code counts with, `text` writes the exposition.
"""
