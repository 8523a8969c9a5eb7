"""What a denoiser did to a frame: injected sources, photometry, detection, residuals and calibration.

A denoiser is a `~amsd_astro.Denoiser` or any callable from frame to frame; nothing here knows how one works.
"""

from amsd_astro.validation.interface import validate
from amsd_astro.validation.limits import DEFAULT_LIMITS
from amsd_astro.validation.report.report import Report

__all__ = ["DEFAULT_LIMITS", "Report", "validate"]
