"""The assistant's replies, estimated by rules: EQ, bias and safety; for serving and for releases."""
