"""The documents as a site: `python -m website.build_site`."""
