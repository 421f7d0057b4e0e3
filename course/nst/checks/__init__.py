"""Compare an answer with data that was made from the right one, and explain what is wrong with it."""
