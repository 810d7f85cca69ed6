"""What voters are told, language by language; a further language is one more entry of each table.

Codes are in Latin digits in every language, so that telephones can offer to fill them in.
"""

from collections.abc import Mapping

from e2evote.election.signin.refusals import Reason, RefusedError

LANGUAGES = ("en", "fa")

SUBJECT = {"en": "{election}: one-time code", "fa": "{election}: رمز یک‌بارمصرف"}

SIGN_IN_CODE = {
    "en": "{election}\nYour code to sign in: {code}\nValid for {minutes} minutes. Tell it to nobody.",
    "fa": "{election}\nرمز ورود شما: {code}\nاعتبار {minutes} دقیقه. آن را به هیچ‌کس نگویید.",
}

CASTING_CODE = {
    "en": "{election}\nYour code to cast your ballot: {code}\nValid for {minutes} minutes. Tell it to nobody.",
    "fa": "{election}\nرمز ثبت نهایی رأی شما: {code}\nاعتبار {minutes} دقیقه. آن را به هیچ‌کس نگویید.",
}

REFUSALS: Mapping[str, Mapping[Reason, str]] = {
    "en": {
        Reason.NOT_OPEN: "Voting has not begun yet.",
        Reason.CLOSED: "Voting is over.",
        Reason.ROBOT: "The answer to the question is not right, or it took too long. Please answer the new one.",
        Reason.MALFORMED: "This field is not filled in correctly. Please check every digit.",
        Reason.TOO_OFTEN: "Too many attempts. Please wait and try again.",
        Reason.NO_CHANNEL: "No code can be sent to you at present. Please ask the organisers for help.",
        Reason.NO_ASKING: "Too much time has passed. Please begin again.",
        Reason.TOO_MANY_CODES: "No more codes are sent for this attempt. Please begin again.",
        Reason.TOO_MANY_WRONG: "Too many wrong codes. Please begin again.",
        Reason.WRONG_CODE: "This code is not right. If you were sent several, use the newest.",
        Reason.EXPIRED_CODE: "This code has expired. Please ask for a new one.",
        Reason.NO_SESSION: "You are not signed in, or your time is over. Please sign in again.",
        Reason.ELSEWHERE: "You have signed in on another device or in another window, so this one was signed out.",
        Reason.HAS_VOTED: "You have voted already. Your vote is in the ballot box, and it counts once.",
        Reason.BALLOT_EXPIRED: "The time for this ballot is over. Nothing was cast. You can start again.",
        Reason.OTHER_BALLOT: "This is not the ballot that you are filling in now. Please start again.",
        Reason.NOT_ON_BOARD: "This ballot is not on the board yet. Please wait a moment and try again.",
        Reason.WRONG_STYLE: "This is not the ballot that you are entitled to. Please start again.",
        Reason.NO_MORE_CHALLENGES: "You have challenged as many ballots as you may. You can still cast one.",
        Reason.AT_STATION: "You are on the list of a polling station, or have begun to vote at one. Please vote there.",
    },
    "fa": {
        Reason.NOT_OPEN: "رأی‌گیری هنوز آغاز نشده است.",
        Reason.CLOSED: "رأی‌گیری پایان یافته است.",
        Reason.ROBOT: "پاسخ پرسش درست نیست یا زمان آن گذشته است. لطفاً به پرسش تازه پاسخ دهید.",
        Reason.MALFORMED: "این خانه درست پر نشده است. لطفاً همهٔ رقم‌ها را بررسی کنید.",
        Reason.TOO_OFTEN: "شمار تلاش‌ها زیاد است. لطفاً کمی صبر کنید و دوباره تلاش کنید.",
        Reason.NO_CHANNEL: "اکنون نمی‌توان برای شما رمز فرستاد. لطفاً از برگزارکنندگان کمک بخواهید.",
        Reason.NO_ASKING: "زمان زیادی گذشته است. لطفاً از نو آغاز کنید.",
        Reason.TOO_MANY_CODES: "برای این تلاش رمز دیگری فرستاده نمی‌شود. لطفاً از نو آغاز کنید.",
        Reason.TOO_MANY_WRONG: "رمز نادرست بیش از اندازه وارد شد. لطفاً از نو آغاز کنید.",
        Reason.WRONG_CODE: "این رمز درست نیست. اگر چند رمز برایتان فرستاده شده، تازه‌ترین را وارد کنید.",
        Reason.EXPIRED_CODE: "زمان این رمز گذشته است. لطفاً رمز تازه‌ای بخواهید.",
        Reason.NO_SESSION: "وارد نشده‌اید یا زمان شما پایان یافته است. لطفاً دوباره وارد شوید.",
        Reason.ELSEWHERE: "با دستگاه یا پنجرهٔ دیگری وارد شده‌اید، پس از اینجا خارج شدید.",
        Reason.HAS_VOTED: "پیش از این رأی داده‌اید. رأی شما در صندوق است و یک بار شمرده می‌شود.",
        Reason.BALLOT_EXPIRED: "زمان این برگهٔ رأی پایان یافت. رأیی ثبت نشد. می‌توانید از نو آغاز کنید.",
        Reason.OTHER_BALLOT: "این برگه‌ای نیست که اکنون پر می‌کنید. لطفاً از نو آغاز کنید.",
        Reason.NOT_ON_BOARD: "این برگهٔ رأی هنوز روی تابلو نیست. لطفاً کمی صبر کنید و دوباره تلاش کنید.",
        Reason.WRONG_STYLE: "این برگهٔ رأیی نیست که به شما تعلق دارد. لطفاً از نو آغاز کنید.",
        Reason.NO_MORE_CHALLENGES: "بیش از این نمی‌توانید برگه‌ای را به چالش بکشید. هنوز می‌توانید رأی خود را ثبت کنید.",
        Reason.AT_STATION: "نام شما در فهرست یک شعبه است یا رأی دادن را در شعبه آغاز کرده‌اید. لطفاً همان‌جا رأی دهید.",
    },
}


def explain(refused: RefusedError, language: str) -> str:
    """Return what a voter is told."""
    return REFUSALS[language][refused.reason]
