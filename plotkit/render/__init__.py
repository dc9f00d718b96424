"""From a finished spec to a picture: the engine's worker process, and checks on what it returns."""
