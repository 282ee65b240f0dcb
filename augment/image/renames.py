"""Names that albumentations used before 2.0, and what they are called now. The library only warns and goes on."""

from __future__ import annotations

STEPS = {
    "Blur2D": "Blur",
    "Cutout": "CoarseDropout",
    "Flip": "HorizontalFlip, VerticalFlip or SquareSymmetry (D4)",
    "GaussianNoise": "GaussNoise",
    "GridMask": "GridDropout",
    "IAAAdditiveGaussianNoise": "GaussNoise",
    "IAAAffine": "Affine",
    "IAACropAndPad": "CropAndPad",
    "IAAEmboss": "Emboss",
    "IAAFliplr": "HorizontalFlip",
    "IAAFlipud": "VerticalFlip",
    "IAAPerspective": "Perspective",
    "IAAPiecewiseAffine": "PiecewiseAffine",
    "IAASharpen": "Sharpen",
    "IAASuperpixels": "Superpixels",
    "JpegCompression": "ImageCompression",
    "Mixup": "a mixing step; albumentations has none",
    "RandomBrightness": "RandomBrightnessContrast",
    "RandomContrast": "RandomBrightnessContrast",
    "RandomHorizontalFlip": "HorizontalFlip",
    "RandomRotation": "Rotate",
    "RandomVerticalFlip": "VerticalFlip",
    "RandomZoom": "Affine with scale",
}
"""Old step -> what to write."""

ANY_STEP = {
    "always_apply": "p: 1",
    "prob": "p",
    "probability": "p",
    "border": "border_mode",
    "mode": "border_mode",
    "cval": "fill",
    "cval_mask": "fill_mask",
    "value": "fill",
    "mask_value": "fill_mask",
    "fill_value": "fill",
    "mask_fill_value": "fill_mask",
    "pad_mode": "border_mode",
    "pad_cval": "fill",
    "pad_cval_mask": "fill_mask",
    "order": "interpolation",
    "mean": "mean_range",
    "sigma": "sigma_limit",
    "max_holes": "num_holes_range: [min, max]",
    "min_holes": "num_holes_range: [min, max]",
    "max_height": "hole_height_range: [min, max]",
    "min_height": "hole_height_range: [min, max]",
    "max_width": "hole_width_range: [min, max]",
    "min_width": "hole_width_range: [min, max]",
    "holes": "num_holes_range: [min, max]",
    "quality_lower": "quality_range: [lower, upper]",
    "quality_upper": "quality_range: [lower, upper]",
    "scale_min": "scale_range: [min, max]",
    "scale_max": "scale_range: [min, max]",
    "fog_coef_lower": "fog_coef_range: [lower, upper]",
    "fog_coef_upper": "fog_coef_range: [lower, upper]",
    "slant_lower": "slant_range: [lower, upper]",
    "slant_upper": "slant_range: [lower, upper]",
    "snow_point_lower": "snow_point_range: [lower, upper]",
    "snow_point_upper": "snow_point_range: [lower, upper]",
    "angle_lower": "angle_range: [lower, upper]",
    "angle_upper": "angle_range: [lower, upper]",
    "num_flare_circles_lower": "num_flare_circles_range: [lower, upper]",
    "num_flare_circles_upper": "num_flare_circles_range: [lower, upper]",
    "num_shadows_lower": "num_shadows_limit: [lower, upper]",
    "num_shadows_upper": "num_shadows_limit: [lower, upper]",
    "gauss_sigma_limit": "sigma_limit",
    "unit_size_min": "unit_size_range: [min, max]",
    "unit_size_max": "unit_size_range: [min, max]",
    "holes_number_x": "holes_number_xy: [x, y]",
    "holes_number_y": "holes_number_xy: [x, y]",
    "shift_x": "shift_xy: [x, y]",
    "shift_y": "shift_xy: [x, y]",
    "r_shift": "r_shift_limit",
    "g_shift": "g_shift_limit",
    "b_shift": "b_shift_limit",
    "max_factor": "max_factor_range",
    "num_masks_x_range": "num_masks_x: [min, max]",
    "num_masks_y_range": "num_masks_y: [min, max]",
    "templates_transform": "templates",
    "n_segments_range": "n_segments: [min, max]",
}
"""Old parameter -> what to write, where the step has the new one."""

ONE_STEP = {
    (
        "GaussNoise",
        "var_limit",
    ): "std_range: [low, high] as fractions of 255; var_limit [10, 50] is std_range [0.012, 0.028]",
    ("GaussNoise", "mean"): "mean_range: [low, high] as fractions of 255",
    ("ImageCompression", "compression_type_jpeg"): "compression_type: jpeg",
    ("RandomResizedCrop", "height"): "size: [height, width]",
    ("RandomResizedCrop", "width"): "size: [height, width]",
    ("RandomSizedCrop", "height"): "size: [height, width]",
    ("RandomSizedCrop", "width"): "size: [height, width]",
    ("Solarize", "threshold"): "threshold_range: [low, high] as fractions of 255",
    ("Posterize", "bits"): "num_bits",
    ("ElasticTransform", "alpha_affine"): "an Affine step after it; ElasticTransform no longer has one",
    ("OpticalDistortion", "shift_limit"): "distort_limit; a shift is an Affine step of its own",
    ("Downscale", "interpolation"): "interpolation_pair: {downscale: nearest, upscale: nearest}",
    ("Perspective", "pad_mode"): "border_mode",
    ("RandomRain", "rain_type_name"): "rain_type",
    ("RandomSunFlare", "flare_roi_range"): "flare_roi",
}
"""(Step, old parameter) -> what to write."""


def successor(step: str, parameter: str, known: list[str]) -> str:
    """What an old parameter of a step is called now; empty if it never was one."""
    if (step, parameter) in ONE_STEP:
        return ONE_STEP[(step, parameter)]
    new = ANY_STEP.get(parameter, "")
    return new if new.split(":")[0] in known else ""
