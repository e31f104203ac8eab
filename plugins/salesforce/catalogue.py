"""The sandbox's org: its objects and the type of each column, as describe tells them."""

from __future__ import annotations

FIXED = ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted", "MasterRecordId")
"""What nobody edits."""
STAMPS = {
    "Id": "id",
    "CreatedDate": "datetime",
    "LastModifiedDate": "datetime",
    "SystemModstamp": "datetime",
}
DELETED = {"IsDeleted": "boolean"}
MONEY = {"CurrencyIsoCode": "picklist"}
MERGED = {"MasterRecordId": "reference"}

TEXT = "string"
OBJECTS: dict[str, dict[str, str]] = {
    "Account": STAMPS | DELETED | MERGED | MONEY | {
        "Name": TEXT, "Type": "picklist", "Industry": "picklist", "AnnualRevenue": "currency",
        "NumberOfEmployees": "int", "OwnerId": "reference", "ParentId": "reference",
        "Website": "url", "Phone": "phone", "AccountNumber": TEXT, "Description": "textarea",
        "BillingStreet": "textarea", "BillingCity": TEXT, "BillingCountry": TEXT,
        "BillingAddress": "address", "LastActivityDate": "date",
        "Tier__c": "picklist", "Seats__c": "double", "MRR__c": "currency",
        "Renewal_Date__c": "date", "Churn_Date__c": "date", "Tax_Id__c": TEXT,
        "Customer_Health__c": TEXT,
    },
    "Contact": STAMPS | DELETED | MERGED | MONEY | {
        "AccountId": "reference", "FirstName": TEXT, "LastName": TEXT, "Name": TEXT,
        "Email": "email", "Phone": "phone", "MobilePhone": "phone", "HomePhone": "phone",
        "Title": TEXT, "Department": TEXT, "ReportsToId": "reference", "OwnerId": "reference",
        "LeadSource": "picklist", "LastActivityDate": "date",
    },
    "Opportunity": STAMPS | DELETED | MONEY | {
        "AccountId": "reference", "Name": TEXT, "StageName": "picklist", "Amount": "currency",
        "Probability": "percent", "ExpectedRevenue": "currency", "CloseDate": "date",
        "Type": "picklist", "NextStep": TEXT, "ForecastCategory": "picklist",
        "ForecastCategoryName": "picklist", "IsClosed": "boolean", "IsWon": "boolean",
        "OwnerId": "reference",
    },
    "Case": STAMPS | DELETED | MERGED | MONEY | {
        "CaseNumber": TEXT, "Subject": TEXT, "Description": "textarea", "Status": "picklist",
        "Priority": "picklist", "Origin": "picklist", "Reason": "picklist", "Type": "picklist",
        "IsClosed": "boolean", "ClosedDate": "datetime", "IsEscalated": "boolean",
        "AccountId": "reference", "ContactId": "reference", "ContactEmail": "email",
        "ParentId": "reference", "OwnerId": "reference",
    },
    "Task": STAMPS | DELETED | MONEY | {
        "Subject": TEXT, "Status": "picklist", "Priority": "picklist", "ActivityDate": "date",
        "CompletedDateTime": "datetime", "WhoId": "reference", "WhatId": "reference",
        "AccountId": "reference", "OwnerId": "reference", "IsClosed": "boolean",
        "IsArchived": "boolean", "Type": "picklist", "TaskSubtype": "picklist",
        "CallType": "picklist", "CallDurationInSeconds": "int", "CallDisposition": TEXT,
    },
    "Event": STAMPS | DELETED | MONEY | {
        "Subject": TEXT, "StartDateTime": "datetime", "EndDateTime": "datetime",
        "ActivityDateTime": "datetime", "EventSubtype": "picklist", "WhoId": "reference",
        "WhatId": "reference", "AccountId": "reference", "OwnerId": "reference",
        "IsGroupEvent": "boolean", "IsChild": "boolean", "IsArchived": "boolean",
    },
    "User": STAMPS | {
        "Username": TEXT, "Email": "email", "FirstName": TEXT, "LastName": TEXT, "Name": TEXT,
        "IsActive": "boolean", "ManagerId": "reference", "UserType": "picklist", "Title": TEXT,
        "Department": TEXT, "LastLoginDate": "datetime",
    },
    "CaseHistory": {
        "Id": "id", "CaseId": "reference", "Field": "picklist", "OldValue": "anyType",
        "NewValue": "anyType", "CreatedDate": "datetime", "IsDeleted": "boolean",
    },
    "CaseStatus": {"Id": "id", "ApiName": TEXT, "MasterLabel": TEXT, "IsClosed": "boolean"},
    "Organization": {"Id": "id", "Name": TEXT, "IsSandbox": "boolean", "InstanceName": TEXT},
}  # fmt: skip

CASE_STATUSES = {
    "New": False,
    "Working": False,
    "Waiting on Customer": False,
    "On Hold": False,
    "Closed": True,
}
STAGES = {
    "Prospecting": (10, "Pipeline"),
    "Qualification": (25, "Pipeline"),
    "Needs Analysis": (40, "Pipeline"),
    "Proposal/Price Quote": (60, "BestCase"),
    "Negotiation/Review": (80, "Forecast"),
    "Closed Won": (100, "Closed"),
    "Closed Lost": (0, "Omitted"),
}
"""Stage -> (probability in percent, forecast category); a deal's stage decides its flags."""


PICKLISTS = {
    "CurrencyIsoCode": ("EUR", "USD", "GBP", "JPY"),
    "StageName": tuple(STAGES),
    "ForecastCategory": ("Omitted", "Pipeline", "BestCase", "Forecast", "Closed"),
    "Tier__c": ("gold", "silver", "bronze"),
}
"""The words that a column offers, by its name."""


def describe(name: str) -> dict[str, object]:
    """The answer of `/sobjects/<name>/describe`."""
    fields = [_field(column, kind) for column, kind in OBJECTS[name].items()]
    return {
        "name": name,
        "queryable": True,
        "updateable": name in ("Account", "Contact", "Opportunity", "Case", "Task", "Event"),
        "custom": False,
        "fields": fields,
    }


def _field(column: str, kind: str) -> dict[str, object]:
    label = column.removesuffix("__c").replace("_", " ")
    custom = column.endswith("__c")
    length = 32000 if kind == "textarea" else 255
    words = PICKLISTS.get(column, ())
    values = [{"value": word, "label": word, "active": True} for word in words]
    shape = {"name": column, "label": label, "type": kind, "custom": custom, "length": length}
    editable = column not in FIXED
    return {**shape, "updateable": editable, "picklistValues": values}
