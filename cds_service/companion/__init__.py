"""The companion page: what stands behind a card, for a clinician who opens the card's link.

`links.py` signs the links and `key.py` holds their key; `pages.py` records what a page needs beside the
consultation, without anything that tells who the patient is; `page.py` puts a page together from that, the
guideline library and the stores (`tables.py`, `literature.py`, `review.py`); `routes.py` answers the browser.
"""
