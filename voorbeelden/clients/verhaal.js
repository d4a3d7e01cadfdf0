// Het verhaal in het kort met node: npm ci (in deze map); node verhaal.js [ADRES].
// Attributen staan onder attributes, met StUF: ervoor; kinderen in de volgorde van het schema.
const { randomUUID } = require("node:crypto");
const soap = require("soap");
const adres = process.argv[2] ?? "http://127.0.0.1:8080/stuf";

// Een tijdstip in StUF: Nederlandse tijd, tot op de milliseconde.
const tijdstip = () => `${new Date().toLocaleString("sv-SE", { timeZone: "Europe/Amsterdam" }).replace(/\D/g, "")}000`;
const vandaag = tijdstip().slice(0, 8);
const leeg = { attributes: { "xsi:nil": "true" } }; // in een scope: dit wil ik weten

const soort = (entiteittype, verwerkingssoort) => ({
  attributes: { "StUF:entiteittype": entiteittype, ...(verwerkingssoort && { "StUF:verwerkingssoort": verwerkingssoort }) },
});
const relatie = (entiteittype, gerelateerde, verder = {}) => ({ ...soort(entiteittype, "T"), gerelateerde, ...verder });

const stuurgegevens = (berichtcode, erbij) => ({
  berichtcode,
  zender: { organisatie: "1900", applicatie: "Node-app" },
  ontvanger: { organisatie: "1900", applicatie: "Regiesysteem" },
  referentienummer: randomUUID(),
  tijdstipBericht: tijdstip(),
  ...erbij,
});
const kennisgeving = (entiteittype, mutatiesoort, ...objecten) => ({
  stuurgegevens: stuurgegevens("Lk01", { entiteittype }),
  parameters: { mutatiesoort, indicatorOvername: "V" },
  object: objecten.map((een) => ({ ...soort(entiteittype, mutatiesoort), ...een })),
});
const tekst = (waarde) => waarde?.$value ?? waarde;

async function speel() {
  const client = await soap.createClientAsync(`${adres}?wsdl`);
  const roep = async (operatie, bericht) => (await client[`${operatie}Async`](bericht))[0];

  let antwoord = await roep("genereerZaakIdentificatie_Di02", {
    stuurgegevens: stuurgegevens("Di02", { functie: "genereerZaakidentificatie" }),
  });
  const zaak = tekst(antwoord.zaak.identificatie);
  console.log("zaak", zaak);

  const regisseur = { medewerker: { ...soort("MDW", "T"), identificatie: "regie01", achternaam: "Bakker" } };
  const persoon = {
    natuurlijkPersoon: {
      ...soort("NPS", "T"),
      "inp.bsn": "999990007",
      authentiek: { attributes: { "StUF:metagegeven": "true" }, $value: "J" },
      geslachtsnaam: "Jansen",
    },
  };
  const plan = {
    identificatie: zaak,
    omschrijving: "Gezinsplan Jansen",
    startdatum: vandaag,
    registratiedatum: vandaag,
    isVan: relatie("ZAKZKT", { ...soort("ZKT", "I"), code: "GEZINSPLAN" }),
    heeftBetrekkingOp: [relatie("ZAKOBJ", persoon, { omschrijving: "Client" })],
    heeftAlsInitiator: relatie("ZAKBTRINI", regisseur),
  };
  antwoord = await roep("creeerZaak_Lk01", kennisgeving("ZAK", "T", plan));
  console.log("creeerZaak:", antwoord.stuurgegevens.berichtcode);

  const status = relatie("ZAKSTT", { ...soort("STT", "I"), volgnummer: 2 }, {
    datumStatusGezet: tijdstip(),
    isGezetDoor: relatie("ZAKSTTBTR", regisseur),
  });
  antwoord = await roep(
    "actualiseerZaakstatus_Lk01",
    kennisgeving("ZAK", "W", { identificatie: zaak }, { identificatie: zaak, heeft: [status] }),
  );
  console.log("actualiseerZaakstatus:", antwoord.stuurgegevens.berichtcode);

  antwoord = await roep("geefZaakstatus_Lv01", {
    stuurgegevens: stuurgegevens("Lv01", { entiteittype: "ZAK" }),
    parameters: { sortering: 0, indicatorVervolgvraag: false },
    gelijk: { ...soort("ZAK"), identificatie: zaak },
    scope: {
      object: {
        ...soort("ZAK"),
        identificatie: leeg,
        heeft: {
          ...soort("ZAKSTT"),
          gerelateerde: { ...soort("STT"), volgnummer: leeg, omschrijving: leeg },
          datumStatusGezet: leeg,
        },
      },
    },
  });
  const gevonden = [antwoord.antwoord.object].flat()[0];
  console.log("geefZaakstatus:", tekst([gevonden.heeft].flat()[0].gerelateerde.omschrijving));

  const xmime = { "xmime:contentType": "text/plain", "xmlns:xmime": "http://www.w3.org/2005/05/xmlmime" };
  const verslag = {
    identificatie: `${zaak}-D1`,
    "dct.omschrijving": "Verslag",
    creatiedatum: vandaag,
    titel: "Verslag van het gesprek",
    formaat: "txt",
    taal: "nld",
    vertrouwelijkAanduiding: "VERTROUWELIJK",
    auteur: "Bakker",
    inhoud: {
      attributes: { ...xmime, "StUF:bestandsnaam": "verslag.txt" },
      $value: Buffer.from("Verslag van het gesprek.").toString("base64"),
    },
    isRelevantVoor: [relatie("EDCZAK", { ...soort("ZAK", "I"), identificatie: zaak })],
  };
  antwoord = await roep("voegZaakdocumentToe_Lk01", kennisgeving("EDC", "T", verslag));
  console.log("voegZaakdocumentToe:", antwoord.stuurgegevens.berichtcode);

  try {
    await roep("creeerZaak_Lk01", kennisgeving("ZAK", "T", plan));
  } catch (fout) {
    console.log("creeerZaak nog eens:", fout.root.Envelope.Body.Fault.detail.Fo03Bericht.body.code);
  }
}

speel().catch((fout) => {
  console.error(fout.message);
  process.exit(1);
});
