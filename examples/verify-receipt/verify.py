"""Verify a receipt with a JOSE library and nothing of Munadi (pip install 'pyjwt[crypto]'):

python verify.py receipt.jws munadi-keys.json
"""

import sys
from pathlib import Path

import jwt

receipt, keys = (Path(name).read_text() for name in sys.argv[1:])
key = jwt.PyJWKSet.from_json(keys)[jwt.get_unverified_header(receipt.strip())["kid"]]
sys.stdout.write(jwt.PyJWS().decode(receipt.strip(), key, algorithms=["EdDSA"]).decode())
