"""What a person sees: progress, tables, findings."""
