"""Build time: files and addresses → documents → passages → index. Run it with `python -m ingest`."""
