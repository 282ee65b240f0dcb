"""The audio modality: sounds in, sounds out; see ``modality.py``."""
