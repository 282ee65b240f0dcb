"""Recipes from what people have: Keras' ImageDataGenerator, albumentations and audiomentations."""
