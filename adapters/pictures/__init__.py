"""Drawings as pictures: SVG for browsers, PNG for chat platforms and mail."""
