"""License expressions and, room by room, the evidence for them."""
