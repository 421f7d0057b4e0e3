"""Before the class comes: made-up submissions, the demonstration, the corpus of attacks."""
