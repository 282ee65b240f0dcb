"""Data sets in memory that are an ``input``: a module for each package that has such, under its name."""
