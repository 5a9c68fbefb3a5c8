"""Terms that are agreed to before the start, and what stands for a quest that is confidential. Pure."""

from __future__ import annotations

from app.core.i18n import N_

# what those read who may know that there is one, and not yet which
VEILED = N_("A confidential call")
AGREE = N_("Tick that you agree to the terms. Then you can begin.")
CHANGED = N_("The terms have changed meanwhile. Read them once more, please.")
