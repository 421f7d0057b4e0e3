"""What nst does in the notebook that is open: reads its cells as text, and says in words why a cell ended early."""
