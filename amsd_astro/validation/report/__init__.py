"""How a validation is told: one page of HTML with charts and pictures, and JSON."""
