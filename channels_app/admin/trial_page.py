"""The page that asks before a test SMS is sent."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from channels_app import set_up, trial
from channels_app.admin.parts import LEVELS
from channels_app.admin.set_up_acts import readable
from channels_app.admin.set_up_pages import CHANGE, set_up_url, settings_or_404, trail
from channels_app.forms_set_up import SmsTrialForm
from omnichannel.lib.backoffice import page, render_page


@page("channels/<int:pk>/test-sms/", name="sms-trial", title="Send a test SMS", permission=CHANGE)
@require_http_methods(["GET", "POST"])
def test_sms(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to text and what it costs; POST sends one, outside any transaction, however often it is posted."""
    sms_settings = settings_or_404(pk)
    number = set_up.number_of(sms_settings)
    if number is None:
        messages.error(request, "Add the SMS number first: the test SMS is sent from it.")
        return HttpResponseRedirect(set_up_url(sms_settings))
    form = SmsTrialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked, is_new = trial.send_once(
            sms_settings=sms_settings,
            to=form.cleaned_data["to"],
            key=form.cleaned_data["key"],
            user=request.user,
            now=timezone.now(),
        )
        level, sentence = trial.said(asked)
        messages.add_message(
            request, LEVELS[level], sentence if is_new else f"No second one was sent. {sentence}"
        )
        return HttpResponseRedirect(set_up_url(sms_settings))
    return render_page(
        request,
        "admin/channels_app/test_sms.html",
        title="Send a test SMS",
        trail=[*trail(sms_settings), ("Set up", set_up_url(sms_settings))],
        form=form,
        text=trial.TEXT.format(number=readable(number)),
        number=readable(number),
        words=sms_settings.account.words,
        back=set_up_url(sms_settings),
    )
