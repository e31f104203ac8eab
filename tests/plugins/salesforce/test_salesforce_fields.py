"""Which columns are asked for."""

from __future__ import annotations

from plugins.salesforce.fields import columns


def test_columns_leave_out_what_is_no_value_and_keep_what_is_mapped() -> None:
    """3,000 custom fields do not fit into one query; the mapped one is not among the dropped."""
    extra = [{"name": f"Custom_{n:04d}__c", "custom": True, "type": "string"} for n in range(3000)]
    shape = {
        "fields": [
            {"name": "Id", "type": "id"},
            {"name": "Name", "type": "string"},
            {"name": "Where__c", "custom": True, "type": "location"},
            {"name": "Essay__c", "custom": True, "type": "textarea", "length": 32000},
            {"name": "Note__c", "custom": True, "type": "textarea", "length": 255},
            *extra,
        ]
    }
    found = columns("Account", shape, ["Custom_2999__c", "Not_There__c"])
    assert found[:3] == ["Id", "Name", "Custom_2999__c"]
    assert "Custom_0000__c" in found
    assert not {"Where__c", "Essay__c", "Not_There__c"} & set(found)
    assert len(", ".join(found)) < 9_000
