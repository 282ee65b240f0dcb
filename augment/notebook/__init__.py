"""What a person sees in a notebook: samples as they are drawn, and steps to try out."""
