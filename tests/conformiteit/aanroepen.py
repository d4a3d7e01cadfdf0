"""The call of each operation as a programmer writes it with zeep: nothing that the schema can fill in."""

from __future__ import annotations

import zeep

ZENDER = {
    "zender": {"organisatie": "1900", "applicatie": "GWS4all"},
    "ontvanger": {"organisatie": "1900", "applicatie": "REGIE"},
    "referentienummer": "1",
    "tijdstipBericht": "20260101120000000",
}
CLIENT = {
    "natuurlijkPersoon": {
        "entiteittype": "NPS",
        "verwerkingssoort": "T",
        "inp.bsn": "111111110",
        "authentiek": {"_value_1": "J", "metagegeven": True},
        "geslachtsnaam": "Precies",
    }
}
ZAAKTYPE = {"entiteittype": "ZKT", "verwerkingssoort": "T", "omschrijving": "Aanvraag minima", "code": "B1026"}
ZAAK = {
    "entiteittype": "ZAK",
    "verwerkingssoort": "T",
    "identificatie": "1900123",
    "startdatum": 20200309,
    "isVan": {"entiteittype": "ZAKZKT", "verwerkingssoort": "T", "gerelateerde": ZAAKTYPE},
    "heeftBetrekkingOp": [
        {"entiteittype": "ZAKOBJ", "verwerkingssoort": "T", "gerelateerde": CLIENT, "omschrijving": "Client"}
    ],
}
KENNISGEVING = {
    "stuurgegevens": {**ZENDER, "berichtcode": "Lk01", "entiteittype": "ZAK"},
    "parameters": {"mutatiesoort": "T", "indicatorOvername": "V"},
    "object": [ZAAK],
}
QUESTION = {
    "stuurgegevens": {"berichtcode": "Lv01", "entiteittype": "ZAK"},
    "parameters": {"sortering": 0, "indicatorVervolgvraag": False},
    "gelijk": {
        "entiteittype": "ZAK",
        "heeftBetrekkingOp": {
            "entiteittype": "ZAKOBJ",
            "gerelateerde": {"entiteittype": "OBJ", "identificatie": "111111110"},
        },
    },
    "scope": {
        "object": {
            "entiteittype": "ZAK",
            "scope": "alles",
            "identificatie": zeep.xsd.Nil,
            "heeftAlsInitiator": {"entiteittype": "ZAKBTRINI", "gerelateerde": zeep.xsd.Nil},
        }
    },
}
DOCUMENT = {
    "entiteittype": "EDC",
    "verwerkingssoort": "T",
    "identificatie": "1900D1",
    "dct.omschrijving": "Gezinsplan",
    "creatiedatum": 20200309,
    "titel": "Gezinsplan Jansen",
    "formaat": "pdf",
    "taal": "nld",
    "vertrouwelijkAanduiding": "ZAAKVERTROUWELIJK",
    "auteur": "Regisseur",
    "inhoud": {"_value_1": b"%PDF-1.7", "contentType": "application/pdf", "bestandsnaam": "plan.pdf"},
    "isRelevantVoor": [
        {
            "entiteittype": "EDCZAK",
            "verwerkingssoort": "T",
            "gerelateerde": {"entiteittype": "ZAK", "verwerkingssoort": "I", "identificatie": "1900123"},
            "stt.volgnummer": 1,
            "sta.datumStatusGezet": 20200309,
        }
    ],
}
DOCUMENTKENNISGEVING = {
    "stuurgegevens": {**ZENDER, "berichtcode": "Lk01", "entiteittype": "EDC"},
    "parameters": {"mutatiesoort": "T", "indicatorOvername": "V"},
    "object": [DOCUMENT],
}
DOCUMENTVRAAG = {
    "stuurgegevens": {"berichtcode": "Lv01", "entiteittype": "EDC"},
    "parameters": {"sortering": 0, "indicatorVervolgvraag": False},
    "gelijk": {"entiteittype": "EDC", "identificatie": "1900D1"},
    "scope": {
        "object": {
            "entiteittype": "EDC",
            "identificatie": zeep.xsd.Nil,
            "inhoud": b"",
            "isRelevantVoor": {
                "entiteittype": "EDCZAK",
                "gerelateerde": {"entiteittype": "ZAK", "identificatie": zeep.xsd.Nil},
            },
        }
    },
}
DOCUMENTENLIJST = {
    **QUESTION,
    "gelijk": {"entiteittype": "ZAK", "identificatie": "1900123"},
    "scope": {
        "object": {
            "entiteittype": "ZAK",
            "heeftRelevant": {
                "entiteittype": "ZAKEDC",
                "gerelateerde": {"entiteittype": "EDC", "identificatie": zeep.xsd.Nil, "titel": zeep.xsd.Nil},
                "registratiedatum": zeep.xsd.Nil,
            },
        }
    },
}
MODIFICATION = {"entiteittype": "EDC", "verwerkingssoort": "W", "identificatie": "1900D1"}


def _free(functie: str, **rest: object) -> dict[str, object]:
    return {"stuurgegevens": {**ZENDER, "berichtcode": "Di02", "functie": functie}, **rest}


REGIEZAAK = {"entiteittype": "ZAK", "functie": "entiteit", "identificatie": "1900123"}
REGIEZAAKTYPE = {"entiteittype": "ZAKZKT", "gerelateerde": {"entiteittype": "ZKT", "omschrijving": "Aanvraag minima"}}
NOTIFICATIE = {
    "stuurgegevens": {**ZENDER, "berichtcode": "Di01", "functie": "notificeerOverZaak"},
    "melding": ["Let op"],
    "object": {
        **REGIEZAAK,
        "extraElementen": {"extraElement": [{"_value_1": "Update zaak", "naam": "gebeurtenis"}]},
        "isVan": [REGIEZAAKTYPE],
        "heeft": {
            "gerelateerde": {
                "entiteittype": "STT",
                "volgnummer": 2,
                "code": zeep.xsd.Nil,
                "omschrijving": "In behandeling",
                "ingangsdatumObject": zeep.xsd.Nil,
            },
            "datumStatusGezet": "20260102",
        },
    },
}
BEVESTIGING = {**ZENDER, "crossRefnummer": "9"}
SYNCHRONISATIE = {
    "stuurgegevens": {**ZENDER, "berichtcode": "Sa01", "entiteittype": "ZAK"},
    "actueel": {
        "stuurgegevens": {**ZENDER, "berichtcode": "Lk01", "entiteittype": "ZAK"},
        "parameters": {"mutatiesoort": "T", "indicatorOvername": "V"},
        "object": {
            "entiteittype": "ZAK",
            "verwerkingssoort": "T",
            "sleutelSynchronisatie": "1",
            "identificatie": "1900123",
        },
    },
}
AANROEPEN = {
    "Bv03": {"stuurgegevens": {**BEVESTIGING, "berichtcode": "Bv03"}},
    "Fo03": {
        "stuurgegevens": {**BEVESTIGING, "berichtcode": "Fo03"},
        "body": {"code": "StUF064", "plek": "server", "omschrijving": "Object niet gevonden"},
    },
    **dict.fromkeys(("notificeerOverZaak", "initieerNotificeerOverZaak"), NOTIFICATIE),
    "overdragenZaak": {
        "stuurgegevens": {**ZENDER, "berichtcode": "Di01", "functie": "overdragenZaak"},
        "object": {**REGIEZAAK, "isVan": [REGIEZAAKTYPE]},
    },
    "bevestigOverdragenZaak": {
        "stuurgegevens": {**BEVESTIGING, "berichtcode": "Du01", "functie": "overdragenZaak"},
        "object": {**REGIEZAAK, "antwoord": "Overdracht geweigerd"},
    },
    **dict.fromkeys(("creeerZaak_Lk01", "updateZaak_Lk01", "actualiseerZaakstatus_Lk01", "zakLk01"), KENNISGEVING),
    **dict.fromkeys(("voegZaakdocumentToe_Lk01", "maakZaakdocument_Lk01", "edcLk01"), DOCUMENTKENNISGEVING),
    **dict.fromkeys(("geefZaakstatus_Lv01", "geefZaakdetails_Lv01", "zakLv01"), QUESTION),
    "geefLijstZaakdocumenten_Lv01": DOCUMENTENLIJST,
    **dict.fromkeys(("geefZaakdocumentLezen_Lv01", "edcLv01"), DOCUMENTVRAAG),
    "zakLv07": {**QUESTION, "stuurgegevens": {"berichtcode": "Lv07", "entiteittype": "ZAK"}},
    "zakLv02": {**QUESTION, "stuurgegevens": {**ZENDER, "berichtcode": "Lv02", "entiteittype": "ZAK"}},
    "edcLv02": {**DOCUMENTVRAAG, "stuurgegevens": {**ZENDER, "berichtcode": "Lv02", "entiteittype": "EDC"}},
    **{
        f"{soort}La02": {
            "stuurgegevens": {**BEVESTIGING, "berichtcode": "La02", "entiteittype": soort.upper()},
            "parameters": {"indicatorVervolgvraag": False, "sequenceNumber": 1, "indicatorLaatsteBericht": True},
        }
        for soort in ("zak", "edc")
    },
    **{
        f"zak{code}": {
            "stuurgegevens": {**ZENDER, "berichtcode": code, "entiteittype": "ZAK"},
            "object": {"entiteittype": "ZAK", "identificatie": "1900123"},
        }
        for code in ("Sa03", "Sh03")
    },
    "zakSa01": SYNCHRONISATIE,
    "zakSh01": {
        "stuurgegevens": {**ZENDER, "berichtcode": "Sh01", "entiteittype": "ZAK"},
        "actueel": SYNCHRONISATIE,
    },
    "genereerZaakIdentificatie_Di02": _free("genereerZaakidentificatie"),
    "genereerDocumentIdentificatie_Di02": _free("genereerDocumentidentificatie"),
    "geefZaakdocumentbewerken_Di02": _free(
        "geefZaakdocumentbewerken",
        edcLv01={
            "entiteittype": "EDC",
            "functie": "selectie",
            "parameters": {},
            "gelijk": {"entiteittype": "EDC", "identificatie": "1900D1"},
        },
    ),
    "updateZaakdocument_Di02": _free(
        "updateZaakdocument",
        parameters={"checkedOutId": "b3b5"},
        edcLk02={
            "entiteittype": "EDC",
            "functie": "update",
            "parameters": {"mutatiesoort": "W"},
            "object": [MODIFICATION, {**MODIFICATION, "inhoud": DOCUMENT["inhoud"]}],
        },
    ),
    "cancelCheckout_Di02": _free(
        "cancelCheckout", parameters={"checkedOutId": "b3b5"}, document={**MODIFICATION, "functie": "entiteit"}
    ),
}


# --- The calls of ZDS 1.2, which wants more of a zaak and names it otherwise

INITIATOR_12 = {
    "entiteittype": "ZAKBTRINI",
    "verwerkingssoort": "T",
    "gerelateerde": {"medewerker": {"entiteittype": "MDW", "verwerkingssoort": "T", "identificatie": "regie1"}},
}
ZAAK_12 = {
    "entiteittype": "ZAK",
    "verwerkingssoort": "T",
    "identificatie": "1900123",
    "startdatum": 20200309,
    "registratiedatum": 20200309,
    "zaakniveau": 1,
    "deelzakenIndicatie": "N",
    "isVan": {
        "entiteittype": "ZAKZKT",
        "verwerkingssoort": "T",
        "gerelateerde": {"entiteittype": "ZKT", "verwerkingssoort": "I", "code": "B1026"},
    },
    "heeftBetrekkingOp": ZAAK["heeftBetrekkingOp"],
    "heeftAlsInitiator": INITIATOR_12,
}
STATUS_12 = {
    "entiteittype": "ZAKSTT",
    "verwerkingssoort": "T",
    "gerelateerde": {"entiteittype": "STT", "verwerkingssoort": "I", "volgnummer": 2, "omschrijving": "In behandeling"},
    "datumStatusGezet": 20200310,
    "isGezetDoor": {
        "entiteittype": "ZAKSTTBTR",
        "verwerkingssoort": "T",
        "gerelateerde": INITIATOR_12["gerelateerde"],
    },
}
WIJZIGING_12 = {**KENNISGEVING, "parameters": {"mutatiesoort": "W", "indicatorOvername": "V"}}
GEWIJZIGD_12 = {"entiteittype": "ZAK", "verwerkingssoort": "W", "identificatie": "1900123"}
EEN_ZAAK = {
    **QUESTION,
    "gelijk": {"entiteittype": "ZAK", "identificatie": "1900123"},
    "scope": {"object": {"entiteittype": "ZAK", "identificatie": zeep.xsd.Nil, "omschrijving": zeep.xsd.Nil}},
}
RELATIE_12 = {"entiteittype": "EDCZAK", "verwerkingssoort": "V"}
BESLUIT_12 = {
    "entiteittype": "BSL",
    "identificatie": "1900B1",
    "bst.omschrijving": "Toekenning",
    "datumBeslissing": 20200311,
    "toelichting": "Zes maanden",
    "ingangsdatumWerking": 20200401,
}
EDC_LK02 = {"entiteittype": "EDC", "functie": "update", "parameters": {"mutatiesoort": "W"}}

AANROEPEN_ZDS12 = {
    **{
        naam: AANROEPEN[naam]
        for naam in (
            "genereerZaakIdentificatie_Di02",
            "genereerDocumentIdentificatie_Di02",
            "geefZaakdocumentbewerken_Di02",
            "updateZaakdocument_Di02",
            "cancelCheckout_Di02",
        )
    },
    "creeerZaak_ZakLk01": {**KENNISGEVING, "object": ZAAK_12},
    "updateZaak_ZakLk01": {**WIJZIGING_12, "object": [GEWIJZIGD_12, {**GEWIJZIGD_12, "omschrijving": "Nieuw"}]},
    "actualiseerZaakstatus_ZakLk01": {
        **WIJZIGING_12,
        "object": [{**GEWIJZIGD_12, "heeft": [STATUS_12]}, {**GEWIJZIGD_12, "heeft": [STATUS_12]}],
    },
    "geefZaakstatus_ZakLv01": {
        **EEN_ZAAK,
        "gelijk": {**EEN_ZAAK["gelijk"], "heeft": {"entiteittype": "ZAKSTT", "indicatieLaatsteStatus": "J"}},
        "scope": {
            "object": {
                "entiteittype": "ZAK",
                "identificatie": zeep.xsd.Nil,
                "heeft": {
                    "entiteittype": "ZAKSTT",
                    "gerelateerde": {
                        "entiteittype": "STT",
                        "volgnummer": zeep.xsd.Nil,
                        "omschrijving": zeep.xsd.Nil,
                    },
                    "datumStatusGezet": zeep.xsd.Nil,
                    "indicatieLaatsteStatus": zeep.xsd.Nil,
                },
            }
        },
    },
    "geefZaakdetails_ZakLv01": EEN_ZAAK,
    "geefLijstZaakdocumenten_ZakLv01": {
        **EEN_ZAAK,
        "scope": {"object": {"entiteittype": "ZAK", "scope": "alles"}},
    },
    "voegZaakdocumentToe_EdcLk01": {**DOCUMENTKENNISGEVING, "object": DOCUMENT},
    "maakZaakdocument_EdcLk01": {**DOCUMENTKENNISGEVING, "object": DOCUMENT},
    "geefZaakdocumentLezen_EdcLv01": DOCUMENTVRAAG,
    "ontkoppelZaakdocument_Di02": _free(
        "ontkoppelZaakdocument",
        parameters={},
        edcLk02={
            **EDC_LK02,
            "object": [
                {
                    **MODIFICATION,
                    "isRelevantVoor": [
                        {
                            **RELATIE_12,
                            "gerelateerde": {
                                "entiteittype": "ZAK",
                                "verwerkingssoort": "I",
                                "identificatie": "1900123",
                            },
                        }
                    ],
                },
                MODIFICATION,
            ],
        },
    ),
    "overdragenZaak_Di01": {
        "stuurgegevens": {**ZENDER, "berichtcode": "Di01", "functie": "overdragenZaak"},
        "object": {
            **REGIEZAAK,
            "isVan": {
                "entiteittype": "ZAKZKT",
                "gerelateerde": {"entiteittype": "ZKT", "omschrijving": "Aanvraag minima", "code": "B1026"},
            },
        },
    },
    "overdragenZaak_Du01": AANROEPEN["bevestigOverdragenZaak"],
    "genereerBesluitIdentificatie_Di02": _free("genereerBesluitidentificatie"),
    "voegBesluitToe_Di01": {
        "stuurgegevens": {**ZENDER, "berichtcode": "Di01", "functie": "voegBesluitToe"},
        "object": {
            "besluit": {**BESLUIT_12, "verwerkingssoort": "T"},
            "zaak": {"entiteittype": "ZAK", "verwerkingssoort": "I", "identificatie": "1900123"},
        },
    },
    "updateBesluit_BslLk01": {
        "stuurgegevens": {**ZENDER, "berichtcode": "Lk01", "entiteittype": "BSL"},
        "parameters": WIJZIGING_12["parameters"],
        "object": [{**BESLUIT_12, "verwerkingssoort": "W"}, {**BESLUIT_12, "verwerkingssoort": "W"}],
    },
    "geefBesluitdetails_BslLv01": {
        **EEN_ZAAK,
        "stuurgegevens": {"berichtcode": "Lv01", "entiteittype": "BSL"},
        "gelijk": {"entiteittype": "BSL", "identificatie": "1900B1"},
        "scope": {"object": {"entiteittype": "BSL", "scope": "alles"}},
    },
    "geefLijstBesluiten_ZakLv01": {
        **EEN_ZAAK,
        "scope": {
            "object": {
                "entiteittype": "ZAK",
                "identificatie": zeep.xsd.Nil,
                "leidtTot": {
                    "entiteittype": "ZAKBSL",
                    "gerelateerde": {
                        "entiteittype": "BSL",
                        "identificatie": zeep.xsd.Nil,
                        "datumBeslissing": zeep.xsd.Nil,
                        "ingangsdatumWerking": zeep.xsd.Nil,
                    },
                },
            }
        },
    },
}
