"""What guardians on separate machines send each other, signed, and what can be proved of a bad message.

``invitation`` says which ceremony it is and whose signing keys count, ``envelope`` goes between bytes and a
signature-checked message, ``rounds`` puts a round together from what arrived, ``decrypting`` pins what is decrypted by
whom, ``fingerprint`` is what people read to each other, ``accusing`` makes
complaints of what was received, and ``adjudication`` settles who was wrong.

Nothing here holds a secret but the functions that are handed one to sign or to complain with.
"""
