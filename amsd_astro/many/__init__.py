"""Many exposures: a night on one machine, a survey on a cluster, and the pipelines of others."""

from amsd_astro.many.interface import denoise_many
from amsd_astro.many.record import Record

__all__ = ["Record", "denoise_many"]
