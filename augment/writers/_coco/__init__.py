"""COCO's JSON: the lines of one output, and the whole made of them."""
