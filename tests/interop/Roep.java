// A client in Java (JAX-WS with MTOM): reads calls as lines and writes each answer as one, for tests/interop/stapels.py.
// A call is the class of the service, the operation and the message in base64. JAXB reads the message into the classes
// that wsimport made, as if a program had filled them, and writes what the port gave.
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.jws.WebMethod;
import javax.jws.WebService;
import javax.xml.bind.JAXBContext;
import javax.xml.bind.JAXBElement;
import javax.xml.namespace.QName;
import javax.xml.transform.stream.StreamSource;
import javax.xml.ws.Holder;
import javax.xml.ws.Service;
import javax.xml.ws.WebEndpoint;
import javax.xml.ws.soap.MTOMFeature;

public class Roep {
    private static final Map<String, Object> POORTEN = new HashMap<>();
    private static final Map<Class<?>, JAXBContext> KLASSEN = new HashMap<>();

    public static void main(String[] adressen) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String regel = in.readLine(); regel != null; regel = in.readLine()) {
            String[] roep = regel.split(" ");
            System.out.println(Base64.getEncoder().encodeToString(roep(roep[0], roep[1], Base64.getDecoder().decode(roep[2]))));
        }
    }

    private static byte[] roep(String dienst, String operatie, byte[] bericht) throws Exception {
        Object poort = POORTEN.computeIfAbsent(dienst, Roep::poort);
        for (Class<?> type : poort.getClass().getInterfaces()) {
            for (Method methode : type.getMethods()) {
                if (type.isAnnotationPresent(WebService.class) && naam(methode).equals(operatie)) {
                    Class<?> soort = soort(methode);
                    StreamSource bron = new StreamSource(new ByteArrayInputStream(bericht));
                    Object inhoud = klasse(soort).createUnmarshaller().unmarshal(bron, soort).getValue();
                    return schrijf(voer(poort, methode, inhoud));
                }
            }
        }
        throw new IllegalArgumentException(operatie);
    }

    private static String naam(Method methode) {
        WebMethod gezegd = methode.getAnnotation(WebMethod.class);
        return gezegd == null || gezegd.operationName().isEmpty() ? methode.getName() : gezegd.operationName();
    }

    /** What goes in; where the same message comes back, wsimport makes one parameter of both. */
    private static Class<?> soort(Method methode) {
        Type gezegd = methode.getGenericParameterTypes()[0];
        return (Class<?>) (gezegd instanceof ParameterizedType beide ? beide.getActualTypeArguments()[0] : gezegd);
    }

    private static Object voer(Object poort, Method methode, Object inhoud) throws Exception {
        try {
            if (methode.getParameterTypes()[0] == Holder.class) {
                Holder<Object> heen = new Holder<>(inhoud);
                methode.invoke(poort, heen);
                return heen.value;
            }
            return methode.invoke(poort, inhoud);
        } catch (InvocationTargetException fout) {
            try {
                return fout.getCause().getClass().getMethod("getFaultInfo").invoke(fout.getCause());
            } catch (NoSuchMethodException geenStuf) {
                fout.getCause().printStackTrace();
                return null;
            }
        }
    }

    /** The first port of a service: SOAP 1.1. */
    private static Object poort(String dienst) {
        try {
            Service service = (Service) Class.forName(dienst).getDeclaredConstructor().newInstance();
            for (Method methode : service.getClass().getMethods()) {
                WebEndpoint einde = methode.getAnnotation(WebEndpoint.class);
                if (einde != null && !einde.name().endsWith("12")) {
                    QName naam = new QName(service.getServiceName().getNamespaceURI(), einde.name());
                    return service.getPort(naam, methode.getReturnType(), new MTOMFeature());
                }
            }
            throw new IllegalArgumentException(dienst);
        } catch (ReflectiveOperationException fout) {
            throw new IllegalStateException(fout);
        }
    }

    private static JAXBContext klasse(Class<?> soort) throws Exception {
        if (!KLASSEN.containsKey(soort)) {
            KLASSEN.put(soort, JAXBContext.newInstance(soort));
        }
        return KLASSEN.get(soort);
    }

    @SuppressWarnings({"rawtypes", "unchecked"})
    private static byte[] schrijf(Object antwoord) throws Exception {
        ByteArrayOutputStream uit = new ByteArrayOutputStream();
        if (antwoord != null) {
            JAXBElement heel = new JAXBElement(new QName("antwoord"), antwoord.getClass(), antwoord);
            klasse(antwoord.getClass()).createMarshaller().marshal(heel, uit);
        }
        return uit.toByteArray();
    }
}
