"""Pictures for the documents, taken from a running demo: `make screenshots`.

They stand beside the tests because they need what the tests have: a hub in processes of its own, Chromium, and the
demo's people; and because a test holds the documents to the list in `pictures.py`, without a browser.
"""
