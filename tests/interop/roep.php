<?php
// A client in PHP: reads calls as lines of JSON and writes each answer as one, for tests/interop/stapels.py.
// A call is [door, operation, message]; the message is the array that ext-soap takes. Bytes come as {"base64": ...}.
function bytes(mixed $deel): mixed
{
    if (!is_array($deel)) {
        return $deel;
    }
    return array_keys($deel) === ['base64'] ? base64_decode($deel['base64']) : array_map('bytes', $deel);
}

$clienten = [];
while (($regel = fgets(STDIN)) !== false) {
    [$deur, $operatie, $bericht] = json_decode($regel, true);
    try {
        $adres = rtrim("$argv[1]/$deur", '/') . '?wsdl';
        $clienten[$deur] ??= new SoapClient($adres, ['cache_wsdl' => WSDL_CACHE_NONE, 'trace' => true]);
        $antwoord = $clienten[$deur]->__soapCall($operatie, [bytes($bericht)]);
    } catch (SoapFault $fout) {
        $antwoord = $fout->detail ?? ['anders' => $fout->getMessage()];
    }
    echo json_encode($antwoord, JSON_THROW_ON_ERROR), "\n";
}
