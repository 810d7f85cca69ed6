"""What the programs have in common on the terminal; knows nothing of voting."""
