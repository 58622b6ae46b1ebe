"""The types of documents that are read and published. Their content decides, not their name (munadi/media/sniff.py)."""

_OPEN_XML = "application/vnd.openxmlformats-officedocument"
PDF = "application/pdf"
DOCX, DOC = f"{_OPEN_XML}.wordprocessingml.document", "application/msword"
PPTX, PPT = f"{_OPEN_XML}.presentationml.presentation", "application/vnd.ms-powerpoint"

# Each with the end of its file's name.
DOCUMENT_TYPES = {PDF: "pdf", DOCX: "docx", DOC: "doc", PPTX: "pptx", PPT: "ppt"}
