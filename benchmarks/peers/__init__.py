"""The same model behind other servers, each as its own documentation shows it; run in an environment of their own."""
