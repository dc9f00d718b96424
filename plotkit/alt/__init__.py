"""Alt text, one file for each kind of picture: rows in, sentences out; see `plotkit.describe`."""
