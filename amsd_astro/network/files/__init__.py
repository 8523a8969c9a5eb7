"""Networks and the states of their training in files whose bytes are not trusted."""
