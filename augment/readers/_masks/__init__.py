"""Folders of masks: pairs found by folders or lists, and what a mask's PNG holds."""
