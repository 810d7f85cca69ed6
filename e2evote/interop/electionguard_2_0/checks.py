"""Every check of a 2.0.0 record, by step; numbers in brackets are verification boxes of the 2.0.0 specification."""

from e2evote.interop.family import check

SETUP = (
    check("EG20.group", "the constants make a group of prime order [1]", "setup"),
    check("EG20.parameter-base-hash", "H_P is the hash of the constants [1]", "setup"),
    check("EG20.manifest-hash", "H_M is the hash of the manifest [1]", "setup"),
    check("EG20.election-base-hash", "H_B is the hash of H_M, n and k [1]", "setup"),
)
KEYS = (
    check("EG20.commitment", "every commitment of a guardian is in the group [2]", "keys"),
    check("EG20.guardian-proof", "every guardian proves each of its commitments [2]", "keys"),
    check("EG20.joint-key", "the joint key is the product of the guardians' keys, and not 1 [3]", "keys"),
    check("EG20.extended-base-hash", "H_E is the hash of the joint key [4]", "keys"),
)
BALLOTS = (
    check("EG20.ballot-format", "every ballot can be read, with the contests and proofs of its style", "ballots"),
    check("EG20.ballot-id", "no ballot id and no confirmation code is there twice [7]", "ballots"),
    check("EG20.ballot-election", "every ballot names this election", "ballots"),
    check("EG20.membership", "every α, β and C0 is in the group [5]", "ballots"),
    check("EG20.option-proof", "every option is proved to lie within its limit [5]", "selection rule"),
    check("EG20.limit-proof", "every contest is proved to lie within its limit [6]", "selection rule"),
    check("EG20.contest-hash", "every contest hash is the hash of its ciphertexts [7, 17]", "ballots"),
    check("EG20.code", "every confirmation code is the hash of its contests [7, 17]", "ballots"),
    check("EG20.chain", "every code follows from the one before on its device [7]", "ballots"),
    check("EG20.chain-close", "every chain lists the ballots of its device and is closed [7]", "ballots"),
    check(
        "EG20.pre-encrypted", "selection hashes and short codes are those of the pre-encryptions [17, 18]", "ballots"
    ),
)
AGGREGATION = (
    check(
        "EG20.tally-format", "the encrypted tally can be read, with the contests of the manifest [10]", "aggregation"
    ),
    check("EG20.tally-ballots", "the tally names exactly the ballots that were cast", "aggregation"),
    check("EG20.aggregation", "every total is the product of the ballots' ciphertexts [8]", "aggregation"),
)
DECRYPTION = (
    check("EG20.decryption-format", "the decrypted tally can be read, with the totals of the tally [10]", "decryption"),
    check("EG20.decryption-proof", "every total's decryption is proved [9]", "decryption"),
    check("EG20.result", "every count t has T = K^t [10]", "result"),
)
OPENED = (
    check("EG20.opened-format", "every challenged ballot is opened whole, each with its ciphertexts [13]", "opened"),
    check("EG20.opened-proof", "every decryption of a challenged ballot is proved [12]", "opened"),
    check("EG20.opened-vote", "every vote σ of a challenged ballot has S = K^σ and lies within limits [13]", "opened"),
    check("EG20.opened-data", "contest data of challenged ballots is decrypted with proof and MAC [14]", "opened"),
)
CHECKS = (*SETUP, *KEYS, *BALLOTS, *AGGREGATION, *DECRYPTION, *OPENED)
