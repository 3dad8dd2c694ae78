"""The judge itself: with Square's description at hand, a body it would refuse is refused here too."""

from __future__ import annotations

import json

from tests.clouds.vendor_spec import needs_square_spec, square_faults


@needs_square_spec
def test_every_body_the_tests_send_is_judged_by_squares_own_description() -> None:
    good = {"idempotency_key": "k", "order": {"location_id": "L1", "line_items": [{"quantity": "1", "name": "Mug"}]}}
    assert square_faults("POST", "/v2/orders", json.dumps(good).encode()) == []
    for order in ({"location_id": "L1", "colour": "red"}, {"location_id": "L1", "created_at": "2026-11-20T10:00:00Z"}):
        bad = json.dumps(good | {"order": order}).encode()
        assert square_faults("POST", "/v2/orders", bad), order
