#!/usr/bin/env bash
# Speelt het verhaal met curl: elk bericht in volgorde, met een regel per antwoord.
# Gebruik: voorbeelden/speel.sh [ADRES]; zonder ADRES http://127.0.0.1:8080/stuf, waar `make run` luistert.
set -euo pipefail
adres=${1:-http://127.0.0.1:8080/stuf}
cd "$(dirname "$0")"
uitgecheckt="" gezakt=0
for bestand in [0-9]*.xml; do
  inhoud=$(sed "s/CHECKEDOUTID/$uitgecheckt/" "$bestand")
  case $bestand in *bevestigOverdragenZaak*)
    # Een antwoord op een aanbod kan pas als er een aanbod is: regie zaak overdragen 19000000000003 WmoVoorziening
    [ -n "${AANBOD:-}" ] || { echo "$bestand: overgeslagen; geef AANBOD=referentienummer van ons aanbod"; continue; }
    inhoud=${inhoud//AANBOD/$AANBOD} ;;
  esac
  antwoord=$(printf '%s' "$inhoud" | curl -sS -H 'Content-Type: text/xml; charset=utf-8' -d @- "$adres")
  waarde() { grep -o "$1>[^<]*" <<<"$antwoord" | head -1 | cut -d'>' -f2 || true; }
  uitgecheckt=$(waarde checkedOutId) code=$(waarde StUF:berichtcode) fout=$(waarde StUF:code)
  echo "$bestand: ${code:-geen antwoord} $fout"
  [ -z "$fout" ] && [ -n "$code" ] || gezakt=1
done
exit $gezakt
