// A back office and a service bus in JavaScript: calls every operation of Regie- en Zaakservices with plain objects.
// Prints one line of JSON: per operation the berichtcode of its answer, and the code of a fault.
const { randomUUID } = require("node:crypto");
const { createRequire } = require("node:module");
const [modules, adres] = process.argv.slice(2);
const soap = createRequire(modules)("soap");

const NIL = { attributes: { "xsi:nil": "true" } };
const kop = (berichtcode, rest) => ({
  "StUF:berichtcode": berichtcode,
  "StUF:zender": { "StUF:organisatie": "1900", "StUF:applicatie": "GWS4all" },
  "StUF:ontvanger": { "StUF:organisatie": "1900", "StUF:applicatie": "Regiesysteem" },
  "StUF:referentienummer": randomUUID(),
  "StUF:tijdstipBericht": "20261124120000000",
  ...rest,
});
const met = (entiteittype, inhoud) => ({ attributes: { "StUF:entiteittype": entiteittype }, ...inhoud });
const zaak = (inhoud) => ({
  attributes: { "StUF:entiteittype": "ZAK", "StUF:functie": "entiteit" },
  "ZKN:identificatie": "1900123",
  ...inhoud,
});
const isVan = met("ZAKZKT", { "ZKN:gerelateerde": met("ZKT", { "ZKN:omschrijving": "Aanvraag minima", "ZKN:code": "B1026" }) });
// As XML: of a list of elements with attribute and text this package makes one element.
const extra = (naam, waarde) => `<StUF:extraElement naam="${naam}">${waarde}</StUF:extraElement>`;
const status = met("ZAKSTT", {
  "ZKN:gerelateerde": met("STT", {
    "ZKN:volgnummer": "2",
    "ZKN:code": NIL,
    "ZKN:omschrijving": "In behandeling",
    "ZKN:ingangsdatumObject": NIL,
  }),
  "ZKN:datumStatusGezet": "20261124",
});
const notificatie = (...elementen) => ({
  "RZS:stuurgegevens": kop("Di01", { "StUF:functie": "notificeerOverZaak" }),
  "RZS:melding": "Let op",
  "RZS:object": zaak({ "StUF:extraElementen": { $xml: elementen.join("") }, "ZKN:isVan": isVan, "ZKN:heeft": status }),
});
const GEBEURTENIS = extra("gebeurtenis", "Actualiseer zaakstatus");
const BERICHTEN = {
  Bv03: { "StUF:stuurgegevens": kop("Bv03", { "StUF:crossRefnummer": "n-1" }) },
  Fo03: {
    "StUF:stuurgegevens": kop("Fo03", { "StUF:crossRefnummer": "n-1" }),
    "StUF:body": { "StUF:code": "StUF064", "StUF:plek": "server", "StUF:omschrijving": "Object niet gevonden" },
  },
  notificeerOverZaak: notificatie(GEBEURTENIS),
  initieerNotificeerOverZaak: notificatie(GEBEURTENIS, extra("zendendeApplicatie", "GWS4all")),
  overdragenZaak: {
    "RZS:stuurgegevens": kop("Di01", { "StUF:functie": "overdragenZaak" }),
    "RZS:object": zaak({ "ZKN:isVan": isVan }),
  },
  bevestigOverdragenZaak: {
    "RZS:stuurgegevens": kop("Du01", { "StUF:crossRefnummer": "o-1", "StUF:functie": "overdragenZaak" }),
    "RZS:object": zaak({ "ZKN:antwoord": "Overdracht geweigerd" }),
  },
};

async function speel() {
  const client = await soap.createClientAsync(`${adres}?wsdl`, { namespaceArrayElements: false });
  const uit = {};
  for (const [naam, bericht] of Object.entries(BERICHTEN)) {
    uit[naam] = (await client[`${naam}Async`](bericht))[0].stuurgegevens.berichtcode;
  }
  try {
    await client.notificeerOverZaakAsync(notificatie(extra("gebeurtenis", "Wis zaak")));
  } catch (fout) {
    uit.fout = fout.root.Envelope.Body.Fault.detail.Fo03Bericht.body.code;
  }
  console.log(JSON.stringify(uit));
}

speel().catch((fout) => {
  console.error(fout.message);
  process.exit(1);
});
