"""The rule-based risk detector: ten signal families with context, spans and a risk level (D6, I3).

It answers when no model can, and beside every model it may raise an alert but never lower one. It judges response
urgency by the annotation guidelines; it is no diagnosis and no prediction of suicide.
"""

from .assessment import Assessment, assess
from .signals import Signal

__all__ = ["Assessment", "Signal", "assess"]
