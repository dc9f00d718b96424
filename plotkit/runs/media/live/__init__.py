"""Figures of other libraries as live charts: read into common shapes, and written as a spec."""
