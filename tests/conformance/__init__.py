"""The conformance suite, vectors/records: election records with at most one named defect, for any verifier.

    expectation.py   what a record is expected to show (expect.json)
    valid.py         records without a defect
    form.py          records that break the form, so that reading them may end there
    cases.py         all records of a set, from these two and from tests/mutations
    archive.py       the files of a set: regenerated from seeds, the same bytes every time
    run.py           the runner: scores any verifier through an adapter; it needs nothing but Python
    adapters/        adapters for e2evote verify and for the oracle

docs/conformance.md describes the suite for those who use it.
"""
