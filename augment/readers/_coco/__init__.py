"""COCO's JSON: files found, scanned, indexed by picture, checked and converted."""
