"""The same engine on public data, with the published figures beside ours. `python -m benchmarks.NAME`."""
