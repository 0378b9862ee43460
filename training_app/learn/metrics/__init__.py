"""What is computed from labels and answers: one module per kind of figure, each checked against a reference library."""
