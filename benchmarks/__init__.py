"""Measurements that a person starts by hand: `make bench` and its parts."""
