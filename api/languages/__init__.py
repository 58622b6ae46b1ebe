"""The languages of the pages: the dashboard, and what a profile's owner sees while connecting.

catalogue   messages by language, from a `.po` file each (gettext)
choice      the language of a request: the reader's choice in a cookie, else `Accept-Language`
formats     dates and numbers as the language writes them
templates   what Jinja needs for it

The REST API stays English: its texts are a contract. docs/guides/languages.md says how to add a language.
"""
