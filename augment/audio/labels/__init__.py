"""What is written about time stays true: events, words, beats, tempo and pitch follow the sound through the steps."""
