"""Stages of the road from recipe to manifest; no modality is known here."""
