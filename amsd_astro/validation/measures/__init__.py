"""What is measured on images: sources put in and found again, sky, residuals, calibration."""
