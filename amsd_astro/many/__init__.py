"""Many exposures: a night on one machine, a survey on a cluster, and the pipelines of others."""
