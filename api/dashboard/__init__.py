"""The dashboard at `/`: server-rendered pages over the public REST API, live, with assets of our own.

session    who is signed in, and what an unsafe request must show
reading    pages read through the API itself, as the session's key
render     templates, words and headers; `page` turns every error into a page
live       notifies open pages of changes

A page shows what a client of the API gets, and every action in a page is an API call.
"""
