"""The names of the jobs, as they stand in the queue."""

ASSESS_IMAGE = "assess-image"
REASSESS = "reassess"
HOUSEKEEPING = "housekeeping"
CLEAN_UP = "clean-up"
