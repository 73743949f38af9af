"""What every part stands on: settings, workspace, tables, clock, errors, keys, consents, logs."""
