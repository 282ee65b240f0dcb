"""The text modality: documents of one text or several, with what stands where in them."""
