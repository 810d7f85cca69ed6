"""The commands: they ask, call a step, and say what happened and what comes next."""
