"""What is true now: the known rows, what follows from them, and when to read again. Never imports Textual."""
