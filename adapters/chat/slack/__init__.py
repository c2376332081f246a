"""Slack: an app of one workspace, in Socket Mode or over HTTP."""
