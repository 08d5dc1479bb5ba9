"""An image that a description of a product names: a compose service, a container of a pod."""

from __future__ import annotations

import msgspec

from sbomctl.model.image import Role


class DescribedImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a description says of one image, and where; also of one of which it cannot be told which it is.

    Either ``reference`` or ``problem`` is set.
    """

    name: str  # of the service, container or module
    file: str  # as the description was named, led by the folder of the file that names it
    line: int  # 1-based
    column: int
    reference: str = ""  # NAME[:TAG][@DIGEST], everything filled in
    written: str = ""  # as it stands in the file
    platform: str = ""  # os/architecture[/variant]; "" = not stated
    role: Role = Role.CONTAINER
    notes: tuple[str, ...] = ()  # under which conditions it ships: "profile debug"
    problem: str = ""  # why there is no reference, and what to do about it
