"""What records are searched by among their scores."""

from __future__ import annotations

from django import forms

from .corpus.taxonomy import EMOTIONS
from .selectors_scores import REPLY_SCORES, ScoreSearch


class ScoreSearchForm(forms.Form):
    """Emotion, valence at most, one score of the replies below a bound; what makes no sense is left out."""

    emotion = forms.ChoiceField(required=False, choices=[(name, name.capitalize()) for name in EMOTIONS])
    valence = forms.FloatField(required=False, min_value=-1, max_value=1)
    score = forms.ChoiceField(required=False, choices=list(REPLY_SCORES.items()))
    below = forms.FloatField(required=False, min_value=0, max_value=1)

    def search(self) -> ScoreSearch:
        """Return the search; a value that is not valid asks nothing."""
        self.is_valid()
        given = self.cleaned_data
        return ScoreSearch(
            emotion=given.get("emotion", ""),
            valence=given.get("valence"),
            score=given.get("score", ""),
            below=given.get("below"),
        )
