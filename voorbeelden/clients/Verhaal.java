// Het verhaal in het kort met JAX-WS 2.3 en Java 17, vanuit de map voorbeelden/clients:
// java -cp /usr/share/java/jaxws-rt.jar Verhaal.java [ADRES]
// De berichten zijn de bestanden van voorbeelden/, met eigen nummers. Wilt u klassen, maak die dan van de WSDL:
// wsimport -extension http://127.0.0.1:8080/stuf?wsdl; -extension, want in StUF delen operaties een bericht.
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import javax.xml.namespace.QName;
import javax.xml.soap.MessageFactory;
import javax.xml.soap.SOAPMessage;
import javax.xml.ws.BindingProvider;
import javax.xml.ws.Dispatch;
import javax.xml.ws.Service;
import javax.xml.ws.soap.SOAPBinding;
import javax.xml.ws.soap.SOAPFaultException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public class Verhaal {
    private static final String STUF = "http://www.egem.nl/StUF/StUF0301";
    private static final String ZKN = "http://www.egem.nl/StUF/sector/zkn/0310";
    private static final QName POORT = new QName(ZKN, "Regiesysteem");
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
        Element antwoord = stuur("10-geefZaakstatus", "geefZaakstatus_Lv01");
        System.out.println("geefZaakstatus: " + waarde(antwoord, ZKN, "omschrijving"));
        meld("voegZaakdocumentToe", "13-voegZaakdocumentToe", "voegZaakdocumentToe_Lk01");
        antwoord = stuur("02-creeerZaak-gezinsplan", "creeerZaak_Lk01");
        System.out.println("creeerZaak nog eens: " + waarde(antwoord, STUF, "code"));
    }

    private static void meld(String naam, String bestand, String operatie) throws Exception {
        System.out.println(naam + ": " + waarde(stuur(bestand, operatie), STUF, "berichtcode"));
    }

    /** Stuur een voorbeeld over onze eigen zaak, met een nieuw referentienummer, en lees het antwoord of de fout. */
    private static Element stuur(String bestand, String operatie) throws Exception {
        String bericht = Files.readString(Path.of("..", bestand + ".xml"))
            .replaceAll("<StUF:referentienummer>[^<]*", "<StUF:referentienummer>" + UUID.randomUUID())
            .replaceAll("1900000000000[13]", zaak.isEmpty() ? "$0" : zaak);
        ByteArrayInputStream bytes = new ByteArrayInputStream(bericht.getBytes(StandardCharsets.UTF_8));
        SOAPMessage vraag = MessageFactory.newInstance().createMessage(null, bytes);
        Dispatch<SOAPMessage> poort = dienst().createDispatch(POORT, SOAPMessage.class, Service.Mode.MESSAGE);
        poort.getRequestContext().put(BindingProvider.SOAPACTION_USE_PROPERTY, true);
        poort.getRequestContext().put(BindingProvider.SOAPACTION_URI_PROPERTY, ZKN + "/" + operatie);
        try {
            return poort.invoke(vraag).getSOAPBody();
        } catch (SOAPFaultException fout) {
            return fout.getFault();
        }
    }

    private static Service dienst() {
        Service dienst = Service.create(new QName(ZKN, "Regiesysteem"));
        dienst.addPort(POORT, SOAPBinding.SOAP11HTTP_BINDING, adres);
        return dienst;
    }

    private static String waarde(Element antwoord, String namespace, String naam) {
        NodeList gevonden = antwoord.getElementsByTagNameNS(namespace, naam);
        return gevonden.getLength() == 0 ? "" : gevonden.item(0).getTextContent();
    }
}
