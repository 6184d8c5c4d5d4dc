"""What an editor can ask about a text: problems, completion, hover, rename, and so on; no protocol here."""
