"""The words of the checker, in any language; the page has them all, and chooses by itself."""

from collections.abc import Callable


def texts(gettext: Callable[[str], str]) -> dict[str, str]:
    """Return every text by the name that the page's script has for it."""
    return _start(gettext) | _checking(gettext) | _contents(gettext) | _reporting(gettext)


def _start(gettext: Callable[[str], str]) -> dict[str, str]:
    return {
        "language": gettext("Language"),
        "title": gettext("Check a challenged ballot"),
        "old": gettext(
            "This page needs a newer browser with script. Use another phone or computer: the ballot can be checked as "
            "long as the election lasts."
        ),
        "intro": gettext(
            "On another device you have challenged a ballot, and it shows a QR code. This page reads the code, fetches "
            "the ballot from the public board, and tells you what was encrypted."
        ),
        "warning": gettext(
            "Use it for a ballot that you challenged, and for no other: what the QR code holds shows the vote to "
            "whoever has it."
        ),
        "scan": gettext("Scan the QR code with the camera"),
        "stop": gettext("Stop the camera"),
        "aim": gettext("Hold the QR code in front of the camera."),
        "picture": gettext("Read the QR code from a picture"),
        "no_camera": gettext("The camera could not be used. Choose a picture, or type what stands under the QR code."),
        "not_found": gettext("No QR code was found in the picture."),
        "other_code": gettext("This QR code is none of a challenged ballot."),
        "type": gettext("Or type what stands under the QR code"),
        "code": gettext("Code of this ballot"),
        "nonce": gettext("Code that opens this ballot"),
        "form": gettext("64 digits 0 to 9 and letters A to F; blanks do not matter"),
        "typed": gettext("%(count)s of 64 digits"),
        "complete": gettext("Complete: 64 digits"),
        "not_a_digit": gettext("“%(character)s” cannot stand in it: only 0 to 9 and A to F"),
        "too_many": gettext("%(count)s digits are too many"),
        "incomplete": gettext("Enter all 64 digits, or scan the QR code."),
        "check": gettext("Check this ballot"),
        "trust": gettext("What this page trusts"),
        "trust_why": gettext(
            "Whoever makes this page could make one that lies. Compare these numbers with those that the election's "
            "inspectors publish elsewhere, in print for example."
        ),
        "election": gettext("Data of the election (SHA-256)"),
        "h_e": gettext("Election keys and manifest (extended base hash)"),
        "log": gettext("Key of the board"),
        "version": gettext("Program"),
        "board": gettext("Address of the board"),
        "board_wrong": gettext("Enter an address that begins with https:// or http://."),
    }


def _checking(gettext: Callable[[str], str]) -> dict[str, str]:
    return {
        "checking": gettext("The ballot is being checked"),
        "wait": gettext("It is fetched from the board, and every encryption is computed again. This takes seconds."),
        "cancel": gettext("Cancel"),
        "again": gettext("Try again"),
        "restart": gettext("Check another ballot"),
        "not_challenged": gettext("The board does not say that this ballot was challenged"),
        "not_challenged_why": gettext(
            "Only a challenged ballot may be opened. If you have not chosen to challenge it, stop here and show the "
            "code that opens it to nobody: whoever has that sees your vote. If you have challenged it just now, try "
            "again in a moment."
        ),
        "other_status": gettext("The board says that this ballot was not challenged, but has the status “%(status)s”"),
        "other_status_why": gettext(
            "It is not opened here. If you chose to challenge it, report this. If not, show the code that "
            "opens it to nobody: whoever has that sees your vote."
        ),
        "cast": gettext("cast"),
        "spoiled": gettext("spoiled"),
        "uncast": gettext("not cast"),
        "all_the_same": gettext("I have challenged it: check it all the same"),
        "missing": gettext("The board has no ballot with this code."),
        "missing_why": gettext(
            "Compare the code with the one that you were shown. If it is right, the ballot that you were promised is "
            "not on the board: report it."
        ),
        "unreachable": gettext("The board does not answer."),
        "unreachable_why": gettext("Nothing is known of the ballot yet. Look at your connection, and try again."),
        "unpublished": gettext("The board has the ballot, but has not published it yet."),
        "unpublished_why": gettext("That should take seconds. Try again; if it stays so for many minutes, report it."),
        "malformed": gettext("The board's answer is not in the form that it must have."),
        "signature": gettext("The board's answer is not signed with the key of this election's board."),
        "quorum": gettext("The witnesses of this election have not confirmed what the board says."),
        "inclusion": gettext("The board does not prove that this ballot is in its log."),
        "other-entry": gettext("The board proves another entry than the one that was asked for."),
        "other-ballot": gettext("The board has another ballot than the one that stands in its log."),
        "secret": gettext("The board gives this ballot a status that the voter's page did not allow."),
        "opening": gettext("The ballot does not open with this code, or has another code than yours."),
        "choices": gettext("You say that the ballot does not hold what you chose."),
        "failed_why": gettext("This should not happen in an honest election. Please report it."),
        "opening_why": gettext(
            "If you typed the codes, compare them digit by digit first. If they are right, the ballot was not made "
            "as it must be: report it."
        ),
        "choices_why": gettext("Then the device may have changed your choices. Please report it."),
        "details": gettext("What exactly was found"),
    }


def _contents(gettext: Callable[[str], str]) -> dict[str, str]:
    return {
        "found": gettext("This is what was encrypted"),
        "style": gettext("Kind of ballot"),
        "weight": gettext("Weight"),
        "since": gettext("Confirmed by the witnesses"),
        "null_vote": gettext("Nothing chosen"),
        "times": gettext("%(option)s: %(count)s votes"),
        "write_in": gettext("%(option)s, with the text “%(text)s”"),
        "cut": gettext("The text or the marks were too long to be kept whole."),
        "overvote": gettext("More was marked than allowed, so that this contest does not count. Marked were:"),
        "overvote_cut": gettext("More was marked than allowed, so that this contest does not count."),
        "question": gettext("Is this what you chose?"),
        "yes": gettext("Yes, this is what I chose"),
        "no": gettext("No, I chose something else"),
        "good": gettext("The device encrypted this ballot as you chose"),
        "good_why": gettext(
            "A challenged ballot is not counted. Go back to the first device and vote again; you may challenge again."
        ),
    }


def _reporting(gettext: Callable[[str], str]) -> dict[str, str]:
    return {
        "report": gettext("Report this"),
        "sending": gettext("The report is being sent …"),
        "words": gettext("What the inspectors should know besides (optional)"),
        "evidence": gettext(
            "The report holds the code, what was found, and what the board answered. It does not say who you are."
        ),
        "evidence_nonce": gettext(
            "The report holds both codes, what was found, and what the board answered. Whoever reads "
            "it sees what this ballot holds. It does not say who you are."
        ),
        "reported": gettext("Report number %(number)s has been taken in"),
        "reported_why": gettext(
            "Write the number down. You can keep the same report as a file, and hand it to the inspectors yourself."
        ),
        "unsent": gettext("The report could not be sent"),
        "unsent_why": gettext("Keep it as a file, and hand it to the election's inspectors; or try again."),
        "refused": gettext("The server has answered: %(status)s"),
        "download": gettext("Keep the report as a file"),
    }
