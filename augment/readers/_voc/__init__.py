"""Pascal VOC: where things lie, and the XML of one picture."""
