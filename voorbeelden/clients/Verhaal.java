// Het verhaal in het kort met Java 17 en niets erbij: java Verhaal.java [ADRES], vanuit de map voorbeelden/clients.
// De berichten zijn de bestanden van voorbeelden/, met eigen nummers. Wilt u klassen, maak die dan van de WSDL:
// wsimport -extension http://127.0.0.1:8080/stuf?wsdl (JAX-WS); -extension, want in StUF delen operaties een bericht.
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

public class Verhaal {
    private static final String STUF = "http://www.egem.nl/StUF/StUF0301";
    private static final String ZKN = "http://www.egem.nl/StUF/sector/zkn/0310";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static String adres = "http://127.0.0.1:8080/stuf";
    private static String zaak = "";

    public static void main(String[] argumenten) throws Exception {
        if (argumenten.length > 0) {
            adres = argumenten[0];
        }
        zaak = waarde(stuur("01-genereerZaakIdentificatie", "genereerZaakIdentificatie_Di02"), ZKN, "identificatie");
        System.out.println("zaak " + zaak);
        meld("creeerZaak", "02-creeerZaak-gezinsplan", "creeerZaak_Lk01");
        meld("actualiseerZaakstatus", "09-actualiseerZaakstatus", "actualiseerZaakstatus_Lk01");
        Document antwoord = stuur("10-geefZaakstatus", "geefZaakstatus_Lv01");
        System.out.println("geefZaakstatus: " + waarde(antwoord, ZKN, "omschrijving"));
        meld("voegZaakdocumentToe", "13-voegZaakdocumentToe", "voegZaakdocumentToe_Lk01");
        antwoord = stuur("02-creeerZaak-gezinsplan", "creeerZaak_Lk01");
        System.out.println("creeerZaak nog eens: " + waarde(antwoord, STUF, "code"));
    }

    private static void meld(String naam, String bestand, String operatie) throws Exception {
        System.out.println(naam + ": " + waarde(stuur(bestand, operatie), STUF, "berichtcode"));
    }

    /** Stuur een voorbeeld over onze eigen zaak, met een nieuw referentienummer, en lees het antwoord. */
    private static Document stuur(String bestand, String operatie) throws Exception {
        String bericht = Files.readString(Path.of("..", bestand + ".xml"))
            .replaceAll("<StUF:referentienummer>[^<]*", "<StUF:referentienummer>" + UUID.randomUUID())
            .replaceAll("1900000000000[13]", zaak.isEmpty() ? "$0" : zaak);
        HttpRequest vraag = HttpRequest.newBuilder(URI.create(adres))
            .header("Content-Type", "text/xml; charset=utf-8")
            .header("SOAPAction", '"' + ZKN + "/" + operatie + '"')
            .POST(HttpRequest.BodyPublishers.ofString(bericht))
            .build();
        String antwoord = HTTP.send(vraag, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)).body();
        DocumentBuilderFactory fabriek = DocumentBuilderFactory.newInstance();
        fabriek.setNamespaceAware(true);
        fabriek.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        byte[] bytes = antwoord.getBytes(StandardCharsets.UTF_8);
        return fabriek.newDocumentBuilder().parse(new ByteArrayInputStream(bytes));
    }

    private static String waarde(Document antwoord, String namespace, String naam) {
        NodeList gevonden = antwoord.getElementsByTagNameNS(namespace, naam);
        return gevonden.getLength() == 0 ? "" : gevonden.item(0).getTextContent();
    }
}
