"""The scan job: one list of named steps, from an image reference to the uploaded scan document."""
