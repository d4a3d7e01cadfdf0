"""The signaal: does a gezinsplan run for this person, and who directs it. All that most of the municipality sees."""

from flask import Blueprint, render_template
from flask_wtf import FlaskForm
from wtforms import StringField

from regiesysteem.regie.signaal import ask_signaal
from regiesysteem.stuf.checks import elfproef
from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("signal", __name__)
_LONGEST = 500


class SignalForm(FlaskForm):
    """Whom it is about, and why it is asked."""

    bsn = StringField(
        "BSN", description="Negen cijfers.", render_kw={"autocomplete": "off", "inputmode": "numeric", "maxlength": 20}
    )
    reden = StringField(
        "Zaaknummer of reden",
        description="Waarvoor u dit wilt weten. Dit wordt bewaard bij uw vraag.",
        render_kw={"autocomplete": "off", "maxlength": _LONGEST},
    )

    def read(self) -> tuple[str, str] | None:
        """The BSN and the reason; None with the errors at the fields."""
        bsn = (self.bsn.data or "").strip().replace(".", "").replace(" ", "")
        reden = " ".join((self.reden.data or "").replace("\0", "").split())
        wrong = False
        if not elfproef(bsn):
            self.bsn.errors, wrong = ["Dit is geen BSN: kijk de cijfers na."], True
        if not reden:
            self.reden.errors, wrong = ["Vul een zaaknummer of een reden in."], True
        elif len(reden) > _LONGEST:
            self.reden.errors, wrong = [f"Gebruik hoogstens {_LONGEST} tekens."], True
        return None if wrong else (bsn, reden)


@route(pages, "/signaal", right="signaal", shows_people=False, menu="Signaal")
def ask(page: Page) -> Answer:  # noqa: ARG001 - a page has it
    """The question."""
    return render_template("signaal.html", form=SignalForm(formdata=None), answer=None)


@route(pages, "/signaal", right="signaal", methods=("POST",))
def answer(page: Page) -> Answer:
    """Yes with who directs the plan, or no; the form is empty again, because the answer is about one question."""
    form = SignalForm()
    asked = form.read()
    if asked is None:
        return render_template("signaal.html", form=form, answer=None)
    bsn, reden = asked
    found = ask_signaal(page.connection, page.person, bsn, reden, page.now, page.inrichting.regels.signaal_per_dag)
    page.look.sought.add(f"bsn:{bsn}")
    page.look.aantal = len(found.zaken)
    return render_template("signaal.html", form=SignalForm(formdata=None), answer=found)
