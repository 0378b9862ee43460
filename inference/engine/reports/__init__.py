"""Reports over files of answers, one JSON object a line: how safe, how fast. No line's words go into a report."""
