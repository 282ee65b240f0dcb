"""Files of columns: which there are, how their lines are laid out, and where each sentence lies."""
