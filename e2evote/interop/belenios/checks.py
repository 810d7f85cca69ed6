"""Every check of a Belenios record, by step."""

from e2evote.interop.family import check

SETUP = (
    check("BEL.hashes", "every file is named by the SHA-256 of its content", "setup"),
    check("BEL.chain", "every event names the hash of the one before and counts on", "setup"),
    check("BEL.order", "events come in the order of an election, with payloads where they belong", "setup"),
    check("BEL.references", "every file referred to is there, and no other file", "setup"),
)
GROUP = (check("BEL.group", "q is prime and the order of g, in a group that can be computed in", "setup"),)
KEYS = (
    check("BEL.trustee-format", "the trustees' file is of its format", "keys"),
    check("BEL.key-membership", "every key and commitment of a trustee is in the group", "keys"),
    check("BEL.trustee-proof", "every trustee proves to know the private key", "keys"),
    check(
        "BEL.certificate", "every certificate is signed by its own key and names group, size, threshold, index", "keys"
    ),
    check("BEL.commitments", "every trustee of a threshold signed commitments to a polynomial of its degree", "keys"),
    check("BEL.verification-key", "every key share is the one that all commitments give, and signed", "keys"),
    check("BEL.election-key", "the election's public key is the product of the trustees' keys", "keys"),
)
CREDENTIALS = (
    check("BEL.credential-format", "the list of public credentials is of its format", "keys"),
    check("BEL.credential-membership", "every public credential is in the group", "keys"),
    check("BEL.credential-unique", "every public credential is on the list once", "keys"),
    check("BEL.credential-certificate", "the credential authority signed this list of credentials", "keys"),
)
BALLOTS = (
    check("BEL.ballot-format", "every ballot is canonical JSON with an answer to every question", "ballots"),
    check("BEL.ballot-unique", "no ballot is in the ballot box twice", "ballots"),
    check("BEL.ballot-election", "every ballot names this election and its fingerprint", "ballots"),
    check("BEL.credential", "every ballot's credential is on the list", "ballots"),
    check("BEL.signature", "every ballot is signed with its credential", "ballots"),
    check("BEL.membership", "every α and β of a ballot is in the group", "ballots"),
    check("BEL.individual", "every choice is proved to be 0 or 1", "ballots"),
    check("BEL.overall", "every sum of choices is proved to be within the limits, or the vote blank", "selection rule"),
    check("BEL.blank", "every vote is proved not to be blank together with choices", "selection rule"),
)
TALLY = (
    check("BEL.tally-format", "the encrypted tally is of its format", "aggregation"),
    check("BEL.tally-size", "the tally counts the last ballot of every credential, with all weights", "aggregation"),
    check(
        "BEL.tally", "the encrypted tally is the product of the last ballots, raised to their weights", "aggregation"
    ),
)
DECRYPTION = (
    check("BEL.decryption-format", "every partial decryption is of its format", "decryption"),
    check("BEL.decryption-owner", "every partial decryption is of one of the trustees, one for each", "decryption"),
    check("BEL.decryption-membership", "every decryption factor is in the group", "decryption"),
    check("BEL.decryption-proof", "every decryption factor is proved to come from the trustee's key", "decryption"),
    check("BEL.decryption-quorum", "all single trustees and enough of every threshold decrypted", "decryption"),
)
RESULT = (
    check("BEL.result-format", "the result has a number for every answer", "result"),
    check("BEL.result", "every number of the result is what the tally decrypts to", "result"),
)
OTHER = (check("BEL.other-questions", "questions that are not homomorphic are verified too", "result"),)

CHECKS = (*SETUP, *GROUP, *KEYS, *CREDENTIALS, *BALLOTS, *TALLY, *DECRYPTION, *RESULT, *OTHER)
