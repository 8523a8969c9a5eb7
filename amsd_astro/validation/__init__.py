"""What a denoiser did to a frame: injected sources, photometry, detection, residuals and calibration.

A denoiser is any callable from frame to frame; nothing here knows how one works.
"""

__all__: list[str] = []
