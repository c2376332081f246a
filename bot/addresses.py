"""Addresses to listen on: every address of this machine, and how one is typed into a browser."""

from __future__ import annotations

from ipaddress import ip_address


def everywhere(host: str) -> bool:
    """Whether `host` stands for every address of this machine (`0.0.0.0`, `::`): good to listen on, none to open."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def url(host: str, port: int) -> str:
    """The address as it can be typed into a browser on this machine; `host` is without brackets."""
    if everywhere(host):
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
