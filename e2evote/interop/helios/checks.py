"""The checks of a Helios election, by step."""

from e2evote.interop.family import check

SETUP = (check("HEL.parameters", "p and q are primes, q divides p − 1, and g has order q", "setup"),)
VOTERS = (
    check("HEL.voters", "every voter of the list is of this election and has its own identifier", "setup"),
    check("HEL.voters-hash", "the election's hash of the voters is that of the list", "setup"),
)
KEYS = (
    check("HEL.trustee-format", "every trustee's entry can be read, and no identifier is there twice", "keys"),
    check("HEL.trustee-key", "every trustee's key is in the election's group, is not 1, and no other's", "keys"),
    check("HEL.trustee-proof", "every trustee proved to know the secret key", "keys"),
    check("HEL.trustee-hash", "the hash of every trustee's key is that of the key", "keys"),
    check("HEL.election-key", "the election's key is the product of the trustees' keys", "keys"),
)
CAST = (
    check("HEL.ballot-format", "every ballot can be read", "ballots"),
    check("HEL.ballot-voter", "every ballot is of a voter of the list, whose hash it names", "ballots"),
    check(
        "HEL.last-ballot",
        "it is certain which of a voter's ballots is the last, and it is the one announced",
        "ballots",
    ),
    check("HEL.ballot-hash", "the hash of every ballot is the one it is listed with", "ballots"),
    check("HEL.election-hash", "every ballot names this election and the hash of its document", "ballots"),
    check("HEL.membership", "α and β of every choice are in the group", "ballots"),
    check("HEL.unique-ciphertexts", "no ciphertext has the α of another", "ballots"),
)
RULE = (
    check(
        "HEL.answers", "every ballot has the answers, choices and proofs that the questions ask for", "selection rule"
    ),
    check("HEL.choice-proof", "every choice is proved to be 0 or 1", "selection rule"),
    check("HEL.overall-proof", "the sum of a question's choices is proved to lie in min to max", "selection rule"),
)
SUM = (check("HEL.tally", "the encrypted tally is the product of the ballots that count", "aggregation"),)
DECRYPTION = (
    check("HEL.factor-format", "every trustee gives one factor and one proof for every answer", "decryption"),
    check("HEL.factor-membership", "every decryption factor is in the group", "decryption"),
    check("HEL.factor-proof", "every decryption factor is proved to be made with the trustee's key", "decryption"),
)
RESULT = (check("HEL.result", "the result is what the decrypted tally says", "result"),)

ALL = (*SETUP, *VOTERS, *KEYS, *CAST, *RULE, *SUM, *DECRYPTION, *RESULT)
