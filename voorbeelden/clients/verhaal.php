<?php
// Het verhaal in het kort met ext-soap: php verhaal.php [ADRES] (Debian: php-cli, php-soap).
// Een attribuut staat er als een element in, de tekst ernaast in _; null is een leeg element.
date_default_timezone_set('Europe/Amsterdam'); // tijden in StUF zijn Nederlands
$adres = $argv[1] ?? 'http://127.0.0.1:8080/stuf';
$client = new SoapClient("$adres?wsdl", ['cache_wsdl' => WSDL_CACHE_NONE]);
$vandaag = date('Ymd');

function stuurgegevens(string $berichtcode, array $soort): array
{
    return [
        'berichtcode' => $berichtcode,
        'zender' => ['organisatie' => '1900', 'applicatie' => 'PHP-app'],
        'ontvanger' => ['organisatie' => '1900', 'applicatie' => 'Regiesysteem'],
        'referentienummer' => bin2hex(random_bytes(16)),
        'tijdstipBericht' => date('YmdHis') . '000',
    ] + $soort;
}

function kennisgeving(string $entiteittype, string $mutatiesoort, array ...$objecten): array
{
    $kop = ['entiteittype' => $entiteittype, 'verwerkingssoort' => $mutatiesoort];
    return [
        'stuurgegevens' => stuurgegevens('Lk01', ['entiteittype' => $entiteittype]),
        'parameters' => ['mutatiesoort' => $mutatiesoort, 'indicatorOvername' => 'V'],
        'object' => array_map(fn (array $een) => $kop + $een, $objecten),
    ];
}

function relatie(string $entiteittype, array $gerelateerde, array $verder = []): array
{
    return ['entiteittype' => $entiteittype, 'verwerkingssoort' => 'T', 'gerelateerde' => $gerelateerde] + $verder;
}

function tekst(mixed $waarde): string
{
    return is_object($waarde) ? $waarde->_ : (string) $waarde;
}

$antwoord = $client->genereerZaakIdentificatie_Di02(
    ['stuurgegevens' => stuurgegevens('Di02', ['functie' => 'genereerZaakidentificatie'])]
);
$zaak = tekst($antwoord->zaak->identificatie);
echo "zaak $zaak\n";

$regisseur = ['medewerker' => [
    'entiteittype' => 'MDW', 'verwerkingssoort' => 'T', 'identificatie' => 'regie01', 'achternaam' => 'Bakker',
]];
$persoon = ['natuurlijkPersoon' => [
    'entiteittype' => 'NPS',
    'verwerkingssoort' => 'T',
    'inp.bsn' => '999990007',
    'authentiek' => ['_' => 'J', 'metagegeven' => true],
    'geslachtsnaam' => 'Jansen',
]];
$zaaktype = ['entiteittype' => 'ZKT', 'verwerkingssoort' => 'I', 'code' => 'GEZINSPLAN'];
$plan = [
    'identificatie' => $zaak,
    'omschrijving' => 'Gezinsplan Jansen',
    'startdatum' => $vandaag,
    'registratiedatum' => $vandaag,
    'isVan' => relatie('ZAKZKT', $zaaktype),
    'heeftBetrekkingOp' => [relatie('ZAKOBJ', $persoon, ['omschrijving' => 'Client'])],
    'heeftAlsInitiator' => relatie('ZAKBTRINI', $regisseur),
];
$antwoord = $client->creeerZaak_Lk01(kennisgeving('ZAK', 'T', $plan));
echo "creeerZaak: {$antwoord->stuurgegevens->berichtcode}\n";

$statustype = ['entiteittype' => 'STT', 'verwerkingssoort' => 'I', 'volgnummer' => 2];
$door = ['datumStatusGezet' => date('YmdHis'), 'isGezetDoor' => relatie('ZAKSTTBTR', $regisseur)];
$wordt = ['identificatie' => $zaak, 'heeft' => [relatie('ZAKSTT', $statustype, $door)]];
$antwoord = $client->actualiseerZaakstatus_Lk01(kennisgeving('ZAK', 'W', ['identificatie' => $zaak], $wordt));
echo "actualiseerZaakstatus: {$antwoord->stuurgegevens->berichtcode}\n";

$statussen = [
    'entiteittype' => 'ZAKSTT',
    'gerelateerde' => ['entiteittype' => 'STT', 'volgnummer' => null, 'omschrijving' => null],
    'datumStatusGezet' => null,
];
$antwoord = $client->geefZaakstatus_Lv01([
    'stuurgegevens' => stuurgegevens('Lv01', ['entiteittype' => 'ZAK']),
    'parameters' => ['sortering' => 0, 'indicatorVervolgvraag' => false],
    'gelijk' => ['entiteittype' => 'ZAK', 'identificatie' => $zaak],
    'scope' => ['object' => ['entiteittype' => 'ZAK', 'identificatie' => null, 'heeft' => $statussen]],
]);
$gevonden = $antwoord->antwoord->object;
$gevonden = is_array($gevonden) ? $gevonden[0] : $gevonden;
$status = is_array($gevonden->heeft) ? $gevonden->heeft[0] : $gevonden->heeft;
echo 'geefZaakstatus: ', tekst($status->gerelateerde->omschrijving), "\n";

$verslag = [
    'identificatie' => "$zaak-D1",
    'dct.omschrijving' => 'Verslag',
    'creatiedatum' => $vandaag,
    'titel' => 'Verslag van het gesprek',
    'formaat' => 'txt',
    'taal' => 'nld',
    'vertrouwelijkAanduiding' => 'VERTROUWELIJK',
    'auteur' => 'Bakker',
    'inhoud' => ['_' => 'Verslag van het gesprek.', 'contentType' => 'text/plain', 'bestandsnaam' => 'verslag.txt'],
    'isRelevantVoor' => [
        relatie('EDCZAK', ['entiteittype' => 'ZAK', 'verwerkingssoort' => 'I', 'identificatie' => $zaak]),
    ],
];
$antwoord = $client->voegZaakdocumentToe_Lk01(kennisgeving('EDC', 'T', $verslag));
echo "voegZaakdocumentToe: {$antwoord->stuurgegevens->berichtcode}\n";

try {
    $client->creeerZaak_Lk01(kennisgeving('ZAK', 'T', $plan));
} catch (SoapFault $fout) {
    echo "creeerZaak nog eens: {$fout->detail->Fo03Bericht->body->code}\n";
}
