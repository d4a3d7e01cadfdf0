// A back office in JavaScript: reads the WSDL of a running server and calls every operation with plain objects.
// Prints one line of JSON: what it read in the answers.
const { randomUUID } = require("node:crypto");
const { createRequire } = require("node:module");
const [modules, adres] = process.argv.slice(2);
const soap = createRequire(modules)("soap");

const NIL = { attributes: { "xsi:nil": "true" } };
const met = (entiteittype, inhoud, verwerkingssoort) => ({
  attributes: { "StUF:entiteittype": entiteittype, ...(verwerkingssoort && { "StUF:verwerkingssoort": verwerkingssoort }) },
  ...inhoud,
});
const kop = (berichtcode, soort) => ({
  "StUF:berichtcode": berichtcode,
  "StUF:zender": { "StUF:organisatie": "1900", "StUF:applicatie": "GWS4all" },
  "StUF:ontvanger": { "StUF:organisatie": "1900", "StUF:applicatie": "Regiesysteem" },
  "StUF:referentienummer": randomUUID(),
  "StUF:tijdstipBericht": "20261124120000000",
  ...soort,
});
const ZAK = { "StUF:entiteittype": "ZAK" };
const kennisgeving = (mutatiesoort, object) => ({
  "ZKN:stuurgegevens": kop("Lk01", ZAK),
  "ZKN:parameters": { "StUF:mutatiesoort": mutatiesoort, "StUF:indicatorOvername": "V" },
  "ZKN:object": object,
});
const vraag = (gelijk, scope) => ({
  "ZKN:stuurgegevens": kop("Lv01", ZAK),
  "ZKN:parameters": { "StUF:sortering": 0, "StUF:indicatorVervolgvraag": "false" },
  "ZKN:gelijk": met("ZAK", gelijk),
  "ZKN:scope": { "ZKN:object": met("ZAK", scope) },
});
const medewerker = { "ZKN:medewerker": met("MDW", { "ZKN:identificatie": "node1", "ZKN:achternaam": "Knoop" }, "T") };
const status = met(
  "ZAKSTT",
  {
    "ZKN:gerelateerde": met("STT", { "ZKN:volgnummer": "2" }, "I"),
    "ZKN:datumStatusGezet": "20991231",
  },
  "T",
);
const statussen = met("ZAKSTT", {
  "ZKN:gerelateerde": met("STT", { "ZKN:omschrijving": NIL }),
  "ZKN:indicatieLaatsteStatus": NIL,
});
const tekst = (waarde) => (waarde !== null && typeof waarde === "object" ? waarde.$value : waarde);

async function speel() {
  const client = await soap.createClientAsync(`${adres}?wsdl`, { namespaceArrayElements: false });
  const roep = async (dienst, bericht) => (await client[`${dienst}Async`](bericht))[0];

  const gegenereerd = await roep("genereerZaakIdentificatie_Di02", {
    "ZKN:stuurgegevens": kop("Di02", { "StUF:functie": "genereerZaakidentificatie" }),
  });
  const nummer = tekst(gegenereerd.zaak.identificatie);
  const zaak = (soort, inhoud) => met("ZAK", { "ZKN:identificatie": nummer, ...inhoud }, soort);
  const codes = [];
  const melding = async (dienst, bericht) => codes.push((await roep(dienst, bericht)).stuurgegevens.berichtcode);
  const isVan = met("ZAKZKT", { "ZKN:gerelateerde": met("ZKT", { "ZKN:code": "B1026" }, "I") }, "T");
  const initiator = met("ZAKBTRINI", { "ZKN:gerelateerde": medewerker }, "T");
  await melding(
    "creeerZaak_Lk01",
    kennisgeving("T", zaak("T", { "ZKN:startdatum": "20261124", "ZKN:isVan": isVan, "ZKN:heeftAlsInitiator": initiator })),
  );
  const wordt = zaak("W", { "ZKN:omschrijving": "Uit JavaScript" });
  await melding("updateZaak_Lk01", kennisgeving("W", [zaak("W", {}), wordt]));
  await melding("actualiseerZaakstatus_Lk01", kennisgeving("W", [zaak("W", {}), zaak("W", { "ZKN:heeft": status })]));

  const gelijk = { "ZKN:identificatie": nummer };
  const details = await roep("geefZaakdetails_Lv01", vraag(gelijk, { "ZKN:omschrijving": NIL }));
  const laatste = { ...gelijk, "ZKN:heeft": met("ZAKSTT", { "ZKN:indicatieLaatsteStatus": "J" }) };
  const standen = await roep("geefZaakstatus_Lv01", vraag(laatste, { "ZKN:heeft": statussen }));
  const gevonden = await roep("zakLv01", vraag(gelijk, { "ZKN:identificatie": NIL }));
  const eerste = (antwoord) => [antwoord.antwoord.object].flat()[0];
  let fout = "";
  try {
    await roep("creeerZaak_Lk01", kennisgeving("T", zaak("T", { "ZKN:startdatum": "20261124", "ZKN:isVan": isVan, "ZKN:heeftAlsInitiator": initiator })));
  } catch (gevangen) {
    fout = gevangen.root.Envelope.Body.Fault.detail.Fo03Bericht.body.code;
  }
  console.log(
    JSON.stringify({
      nummer,
      codes,
      omschrijving: tekst(eerste(details).omschrijving),
      status: tekst([eerste(standen).heeft].flat()[0].gerelateerde.omschrijving),
      gevonden: tekst(eerste(gevonden).identificatie),
      fout,
    }),
  );
}

speel().catch((fout) => {
  console.error(fout.message, fout.body ?? "");
  process.exit(1);
});
