"""The expert validation set (D16): which conversations, what experts said of them, and the file that holds both."""
