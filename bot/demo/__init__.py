"""One incident from the alert to the postmortem, in a temporary folder: no account, no network, nothing left behind."""
