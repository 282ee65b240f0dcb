"""YOLO: data.yaml, where pictures and labels lie, and the lines of label files."""
