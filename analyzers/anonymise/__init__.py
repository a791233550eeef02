"""Finds what identifies a person or opens a door in a text, and puts typed placeholders in its place.

Method. One pass of patterns finds candidates; those that have a check digit or a numbering plan are kept only when it holds
(python-stdnum, phonenumbers, ipaddress). A value found once in a conversation is replaced wherever it stands in that
conversation, always by the same placeholder ("[EMAIL_1]"), so that the text can still be learnt from.

Found: e-mail addresses, phone numbers, payment cards, IBANs, IP and MAC addresses, national identity and tax numbers of the
countries listed in `numbers.py`, dates of birth, keys and passwords, credentials in URLs, crypto wallets, and names and addresses where
the text itself announces them ("my name is ...", "Dear ...,").

Not found: names, organisations and addresses that nothing announces. On labelled synthetic text rules find none of them;
an owner who needs them removed plugs in a recogniser of names (`Detector`) or has every row looked at.
"""

from analyzers.anonymise.detect import Detector, Span, detect
from analyzers.anonymise.replace import Anonymised, Conversation, residue

__all__ = ["Anonymised", "Conversation", "Detector", "Span", "detect", "residue"]
