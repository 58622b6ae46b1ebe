"""Threads' own errors and its second error type; the others are the family's, in `sandbox.graph.errors`.

Source: docs/networks/threads.md section 6; `error_user_msg` comes in the profile's language, here Spanish.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from munadi.sandbox.graph import errors as shared
from munadi.sandbox.graph.errors import GraphError

API = "THApiException"
SESSION_REVOKED = GraphError(452, 4279019, "Session key invalid. This could be because the session key has an "
                               "incorrect format, or because the user has revoked this session.")  # fmt: skip
SPAM = GraphError(4, 2207051, "Application request limit reached", title="Acción bloqueada",
                    user_message="Restringimos cierta actividad para proteger a nuestra comunidad.")  # fmt: skip
MEDIA_NOT_FOUND = GraphError(24, 4279009, "The requested resource does not exist", title="Contenido no encontrado",
                               user_message="No se encuentra el contenido que intentas publicar.")  # fmt: skip
MISSING_OBJECT = replace(shared.MISSING_OBJECT, type=API)
RESTRICTED = GraphError(1, 4279013, "The Threads profile is restricted.", title="Perfil restringido",
                          user_message="Tu perfil no puede publicar por ahora.")  # fmt: skip
NOT_FETCHABLE = GraphError(1, 2207052, "The media could not be fetched from this URI.")
# What a fault may name by its pair; those below share theirs, code 100 without a subcode.
KNOWN = [*globals().values(), *vars(shared).values()]
TEXT_TOO_LONG = GraphError(100, None, "(#100) Param text must be at most 500 characters long.",
                             type=API, title="Texto demasiado largo",
                             user_message="El texto supera los 500 caracteres.")  # fmt: skip
BAD_COUNTRIES = GraphError(100, None, "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES", type=API)
LINK_LIMIT = GraphError(100, None, "THREADS_API__LINK_LIMIT_EXCEEDED", type=API)


bad_parameter = partial(shared.bad_parameter, type=API)
bad_parameter_if = partial(shared.bad_parameter_if, type=API)
REFUSALS = {
    "restricted": RESTRICTED,
    "not_fetchable": NOT_FETCHABLE,
    "few_children": shared.parameter_error("Param children must have 2 to 20 items", API),
    "child_missing": MEDIA_NOT_FOUND,
    "child_no_item": shared.parameter_error("A child is not a finished carousel item", API),
    "child_unfinished": shared.parameter_error("A child is not a finished carousel item", API),
    "container_missing": MEDIA_NOT_FOUND,
    "EXPIRED": MEDIA_NOT_FOUND,
    "IN_PROGRESS": MEDIA_NOT_FOUND,
    "ERROR": shared.parameter_error("The media container has failed.", API),
}
